# One address for all public doors: certificate, Cloud Armor, and behind it the functions, which take nothing from elsewhere.

resource "google_compute_global_address" "v4" {
  project = var.project_id
  name    = "${var.name}-edge"
}

resource "google_compute_global_address" "v6" {
  project    = var.project_id
  name       = "${var.name}-edge-v6"
  ip_version = "IPV6"
}

resource "google_compute_region_network_endpoint_group" "door" {
  for_each = var.doors

  project               = var.project_id
  name                  = "${var.name}-${each.key}"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = each.key
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_backend_service" "door" {
  for_each = var.doors

  project               = var.project_id
  name                  = "${var.name}-${each.key}"
  protocol              = "HTTPS"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  security_policy       = google_compute_security_policy.of[each.value.caller].id

  backend {
    group = google_compute_region_network_endpoint_group.door[each.key].id
  }

  # Addresses hold approval links and OAuth codes: what is refused is seen in Cloud Armor's own samples.
  log_config {
    enable = false
  }
}

resource "google_compute_url_map" "doors" {
  project = var.project_id
  name    = "${var.name}-edge"

  default_url_redirect {
    host_redirect          = var.doors[var.front].host
    path_redirect          = "/"
    https_redirect         = true
    redirect_response_code = "FOUND"
    strip_query            = true
  }

  dynamic "host_rule" {
    for_each = var.doors
    content {
      hosts        = [host_rule.value.host]
      path_matcher = host_rule.key
    }
  }

  dynamic "path_matcher" {
    for_each = var.doors
    content {
      name            = path_matcher.key
      default_service = google_compute_backend_service.door[path_matcher.key].id
    }
  }
}

resource "google_compute_managed_ssl_certificate" "doors" {
  project = var.project_id
  # a certificate cannot change its hosts: another one is made, under another name, before the old one goes
  name = "${var.name}-${substr(sha256(join(" ", local.hosts)), 0, 8)}"

  managed {
    domains = local.hosts
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_compute_ssl_policy" "modern" {
  project         = var.project_id
  name            = "${var.name}-modern"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "doors" {
  project          = var.project_id
  name             = "${var.name}-edge"
  url_map          = google_compute_url_map.doors.id
  ssl_certificates = [google_compute_managed_ssl_certificate.doors.id]
  ssl_policy       = google_compute_ssl_policy.modern.id
}

resource "google_compute_global_forwarding_rule" "https" {
  for_each = local.addresses

  project               = var.project_id
  name                  = "${var.name}-https-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = each.value
  port_range            = "443"
  target                = google_compute_target_https_proxy.doors.id
}

# Port 80 answers with the encrypted address and nothing else.
resource "google_compute_url_map" "encrypted" {
  project = var.project_id
  name    = "${var.name}-encrypted"

  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "PERMANENT_REDIRECT"
    strip_query            = false
  }
}

resource "google_compute_target_http_proxy" "encrypted" {
  project = var.project_id
  name    = "${var.name}-encrypted"
  url_map = google_compute_url_map.encrypted.id
}

resource "google_compute_global_forwarding_rule" "http" {
  for_each = local.addresses

  project               = var.project_id
  name                  = "${var.name}-http-${each.key}"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = each.value
  port_range            = "80"
  target                = google_compute_target_http_proxy.encrypted.id
}

locals {
  hosts     = sort([for door in values(var.doors) : door.host])
  addresses = { v4 = google_compute_global_address.v4.id, v6 = google_compute_global_address.v6.id }

  records = var.dns_zone == "" ? {} : { for pair in setproduct(local.hosts, ["A", "AAAA"]) :
    "${pair[0]} ${pair[1]}" => { host = pair[0], type = pair[1] }
  }
}

resource "google_dns_record_set" "door" {
  for_each = local.records

  project      = var.project_id
  managed_zone = var.dns_zone
  name         = "${each.value.host}."
  type         = each.value.type
  ttl          = 300
  rrdatas      = [each.value.type == "A" ? google_compute_global_address.v4.address : google_compute_global_address.v6.address]
}
