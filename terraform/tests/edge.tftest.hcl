# The load balancer before the public doors.

mock_provider "google" {}

variables {
  project_id = "acme-workwright"
  name       = "workwright"
  region     = "europe-west1"
  front      = "api"
  doors = {
    api            = { host = "work.example.com", caller = "people" }
    notion-webhook = { host = "notion-webhook.work.example.com", caller = "systems" }
  }
}

run "edge" {
  command = plan

  module {
    source = "./modules/edge"
  }

  variables {
    dns_zone = "example"
    blocked  = [for n in range(12) : "192.0.2.${n}/32"]
  }

  assert {
    condition     = [for rule in google_compute_security_policy.of["people"].rule : rule.rate_limit_options[0].rate_limit_threshold[0].count if rule.action == "throttle"] == [300]
    error_message = "People have their own rate."
  }

  assert {
    condition     = [for rule in google_compute_security_policy.of["systems"].rule : rule.rate_limit_options[0].rate_limit_threshold[0].count if rule.action == "throttle"] == [3000]
    error_message = "One address of a forge sends for all tenants."
  }

  assert {
    condition     = alltrue([for rule in google_compute_security_policy.of["people"].rule : length(rule.match[0].config[0].src_ip_ranges) <= 10 if rule.action == "deny(403)" && length(rule.match[0].config) > 0])
    error_message = "A rule takes ten ranges at most."
  }

  assert {
    condition     = length(distinct([for rule in google_compute_security_policy.of["people"].rule : rule.priority])) == 5
    error_message = "Two rules never share a priority."
  }

  assert {
    condition     = toset(keys(google_dns_record_set.door)) == toset(["work.example.com A", "work.example.com AAAA", "notion-webhook.work.example.com A", "notion-webhook.work.example.com AAAA"])
    error_message = "Each host leads to both addresses."
  }

  assert {
    condition     = toset(google_compute_managed_ssl_certificate.doors.managed[0].domains) == toset(["work.example.com", "notion-webhook.work.example.com"])
    error_message = "The certificate holds every host."
  }

  assert {
    condition     = google_compute_ssl_policy.modern.min_tls_version == "TLS_1_2"
    error_message = "Nothing older than TLS 1.2."
  }

  assert {
    condition     = google_compute_url_map.encrypted.default_url_redirect[0].https_redirect && length(google_compute_url_map.encrypted.host_rule) == 0
    error_message = "Port 80 leads to the encrypted address and to no function."
  }
}

run "two_doors_at_one_host" {
  command = plan

  module {
    source = "./modules/edge"
  }

  variables {
    doors = {
      api            = { host = "work.example.com", caller = "people" }
      notion-webhook = { host = "work.example.com", caller = "systems" }
    }
  }

  expect_failures = [var.doors]
}
