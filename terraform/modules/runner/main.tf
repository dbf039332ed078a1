# Code that nobody has read runs here, in a project that holds nothing else: an account without any role, one request per
# process, and a network without a way out. Who calls it is checked by the platform, and by the service itself.

locals {
  apis = toset(["artifactregistry.googleapis.com", "compute.googleapis.com", "iam.googleapis.com", "run.googleapis.com"])
  open = length(var.registries) > 0
}

resource "google_project_service" "on" {
  for_each = local.apis

  project            = var.project_id
  service            = each.key
  disable_on_destroy = false
}

resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = "code-runner"
  display_name = "Runs code that nobody trusts; has no roles"

  depends_on = [google_project_service.on]
}

resource "google_compute_network" "this" {
  #checkov:skip=CKV2_GCP_18:what is let through stands in the firewall policy below, which this check does not know
  project                         = var.project_id
  name                            = "code-runner"
  auto_create_subnetworks         = false
  delete_default_routes_on_create = !local.open

  depends_on = [google_project_service.on]
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_74:Google's own services are a way out too, and this network has none
  project                  = var.project_id
  name                     = "code-runner"
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = "10.90.0.0/24" # two addresses per instance, and as many again while one is replaced
  private_ip_google_access = false

  log_config {
    aggregation_interval = "INTERVAL_5_SEC"
    flow_sampling        = 1
    metadata             = "INCLUDE_ALL_METADATA"
  }
}

resource "google_compute_network_firewall_policy" "this" {
  project     = var.project_id
  name        = "code-runner"
  description = "Nothing in, and nothing out but to the registries that are named"

  depends_on = [google_project_service.on]
}

resource "google_compute_network_firewall_policy_rule" "registries" {
  count = local.open ? 1 : 0

  project         = var.project_id
  firewall_policy = google_compute_network_firewall_policy.this.name
  priority        = 1000
  direction       = "EGRESS"
  action          = "allow"
  enable_logging  = true

  match {
    dest_fqdns = var.registries

    layer4_configs {
      ip_protocol = "tcp"
      ports       = ["443"]
    }
  }
}

resource "google_compute_network_firewall_policy_rule" "nothing_else" {
  for_each = { EGRESS = 2000, INGRESS = 2001 }

  project         = var.project_id
  firewall_policy = google_compute_network_firewall_policy.this.name
  priority        = each.value
  direction       = each.key
  action          = "deny"
  enable_logging  = true

  match {
    dest_ip_ranges = each.key == "EGRESS" ? ["0.0.0.0/0"] : null
    src_ip_ranges  = each.key == "INGRESS" ? ["0.0.0.0/0"] : null

    layer4_configs {
      ip_protocol = "all"
    }
  }
}

resource "google_compute_network_firewall_policy_association" "this" {
  project           = var.project_id
  name              = "code-runner"
  firewall_policy   = google_compute_network_firewall_policy.this.name
  attachment_target = google_compute_network.this.id
}

resource "google_compute_router" "this" {
  count = local.open ? 1 : 0

  project = var.project_id
  name    = "code-runner"
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  count = local.open ? 1 : 0

  project                            = var.project_id
  name                               = "code-runner"
  region                             = var.region
  router                             = google_compute_router.this[0].name
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"

  log_config {
    enable = true
    filter = "ALL"
  }
}

resource "google_cloud_run_v2_service" "this" {
  project             = var.project_id
  name                = "code-runner"
  location            = var.region
  ingress             = "INGRESS_TRAFFIC_ALL" # its callers are in another project, which counts as outside; IAM lets in nobody else
  deletion_protection = false                 # it holds nothing

  template {
    service_account                  = google_service_account.this.email
    timeout                          = "${var.timeout_s}s"
    max_instance_request_concurrency = var.concurrency
    execution_environment            = "EXECUTION_ENVIRONMENT_GEN2" # a whole kernel, which the inner sandbox needs

    scaling {
      min_instance_count = 0
      max_instance_count = var.max_instances
    }

    vpc_access {
      egress = "ALL_TRAFFIC"

      network_interfaces {
        network    = google_compute_network.this.id
        subnetwork = google_compute_subnetwork.this.id
      }
    }

    containers {
      image = var.image

      resources {
        limits            = { cpu = var.cpu, memory = var.memory }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(var.environment, { THREADS = tostring(var.concurrency) })

        content {
          name  = env.key
          value = env.value
        }
      }
    }
  }

  depends_on = [google_compute_network_firewall_policy_rule.nothing_else, google_compute_network_firewall_policy_association.this]
}

resource "google_cloud_run_v2_service_iam_member" "callers" {
  for_each = var.callers

  project  = var.project_id
  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}
