# Without an edge the doors take requests from everywhere and have nothing before them but their own checks, their own rates and
# their most instances, which bound what a flood can cost. With one they take requests through it alone.

locals {
  public_ingress = var.edge == null ? "ALLOW_ALL" : "ALLOW_INTERNAL_AND_GCLB"

  edge_hosts = var.edge == null ? {} : { for name in local.public : name => name == "api" ? var.edge.domain : "${name}.${var.edge.domain}" }
  edge_urls  = { for name, host in local.edge_hosts : name => "https://${host}" }
  door_urls  = merge({ for name in local.public : name => local.urls[name] }, local.edge_urls)

  # what only some of these parts need
  operations_apis = toset(concat(
    var.billing_account == null ? [] : ["billingbudgets.googleapis.com"],
    var.edge == null ? [] : concat(["compute.googleapis.com"], var.edge.dns_zone == "" ? [] : ["dns.googleapis.com"]),
    var.repository == null ? [] : ["iamcredentials.googleapis.com", "pubsub.googleapis.com", "sts.googleapis.com"],
  ))
}

resource "google_project_service" "operations" {
  for_each = local.operations_apis

  service            = each.key
  disable_on_destroy = false
}

module "edge" {
  source = "./modules/edge"
  count  = var.edge == null ? 0 : 1

  project_id = var.project_id
  name       = var.name
  region     = var.region
  front      = "api"
  doors = {
    for name, host in local.edge_hosts : name => {
      host   = host
      caller = endswith(name, "-webhook") ? "systems" : "people"
    }
  }
  dns_zone = var.edge.dns_zone
  blocked  = var.edge.blocked

  # a backend names its service, which must be there
  depends_on = [google_project_service.operations, module.function]
}

output "edge_addresses" {
  description = "What the edge's host names must lead to: A and AAAA."
  value       = one(module.edge[*].addresses)
}
