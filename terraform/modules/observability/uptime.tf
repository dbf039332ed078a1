# Every door is asked from outside, each minute, from three regions. `/health` reads nothing and is counted nowhere else, so that
# asking costs next to nothing; as a side effect one instance of each door stays warm.

resource "google_monitoring_uptime_check_config" "door" {
  for_each = var.doors

  project            = var.project_id
  display_name       = "Workwright ${var.environment}: ${each.key}"
  timeout            = "10s"
  period             = "60s"
  selected_regions   = ["USA", "EUROPE", "ASIA_PACIFIC"]
  checker_type       = "STATIC_IP_CHECKERS"
  log_check_failures = true

  http_check {
    request_method = "GET"
    path           = each.value.path
    port           = 443
    use_ssl        = true
    validate_ssl   = true

    accepted_response_status_codes {
      status_value = 200
    }
  }

  monitored_resource {
    type = "uptime_url"
    labels = {
      project_id = var.project_id
      host       = each.value.host
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "google_monitoring_alert_policy" "uptime" {
  project               = var.project_id
  display_name          = "Workwright ${var.environment}: A public door does not answer"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.channels
  user_labels           = { runbook = "doors-do-not-answer" }

  dynamic "conditions" {
    for_each = var.doors
    content {
      display_name = "${conditions.key}: at least two regions get no answer"
      condition_threshold {
        filter          = "metric.type=\"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type=\"uptime_url\" AND metric.labels.check_id=\"${google_monitoring_uptime_check_config.door[conditions.key].uptime_check_id}\""
        comparison      = "COMPARISON_GT"
        threshold_value = 1
        duration        = "120s"

        aggregations {
          alignment_period     = "120s"
          per_series_aligner   = "ALIGN_NEXT_OLDER"
          cross_series_reducer = "REDUCE_COUNT_FALSE"
          group_by_fields      = ["resource.label.host"]
        }

        trigger {
          count = 1
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Workwright ${var.environment}: A public door does not answer"
    content   = "A public door does not answer. ${local.sections["doors-do-not-answer"]}"
  }

  alert_strategy {
    auto_close = "86400s"
  }
}
