# What never reaches a function. Bodies are searched for known holes of libraries alone, not for attacks by pattern: pages and
# code that people write look like attacks, and the functions read them as data.

resource "google_compute_security_policy" "of" {
  for_each = toset(["people", "systems"])

  project     = var.project_id
  name        = "${var.name}-${each.key}"
  description = "Doors that ${each.key} call"

  adaptive_protection_config {
    layer_7_ddos_defense_config {
      enable = true
    }
  }

  dynamic "rule" {
    for_each = { for place, ranges in chunklist(sort(var.blocked), 10) : place => ranges } # ten ranges a rule
    content {
      priority    = 1000 + rule.key
      action      = "deny(403)"
      description = "Blocked by an operator"
      match {
        versioned_expr = "SRC_IPS_V1"
        config {
          src_ip_ranges = rule.value
        }
      }
    }
  }

  rule {
    priority    = 2000
    action      = "deny(403)"
    description = "Known holes of libraries (Log4j and the like)"
    match {
      expr {
        expression = "evaluatePreconfiguredWaf('cve-canary')"
      }
    }
  }

  rule {
    priority    = 3000
    action      = "throttle"
    description = "More than an address's share is answered 429"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"
      rate_limit_threshold {
        count        = var.per_minute[each.key]
        interval_sec = 60
      }
    }
  }

  rule {
    priority    = 2147483647
    action      = "allow"
    description = "Everything else; the functions check who calls"
    match {
      versioned_expr = "SRC_IPS_V1"
      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}
