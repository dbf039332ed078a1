# What is promised, over 28 days, and alerts by how fast the errors that are left are used up: both windows of a pair must
# agree, so that one bad minute wakes nobody and an alert ends soon after its cause.

locals {
  webhooks_and_api = { for name in ["notion-webhook", "api"] : name => "Requests at ${name} that end without an error of ours" }

  # rate 1 uses up exactly what is left in 28 days: 14.4 means 2 % of it in an hour, 6 means 5 % in six
  burns = {
    a-promise-breaks-fast = {
      what     = "A promise breaks within two days"
      severity = "CRITICAL"
      rate     = 14.4
      windows  = { "an hour" = "3600s", "5 minutes" = "300s" }
    }
    a-promise-breaks-slowly = {
      what     = "A promise breaks within five days"
      severity = "WARNING"
      rate     = 6
      windows  = { "6 hours" = "21600s", "30 minutes" = "1800s" }
    }
  }

  promises = merge(
    { for name, slo in google_monitoring_slo.availability : name => slo },
    { plan-in-five-minutes = google_monitoring_slo.plan },
  )

  burning = { for pair in setproduct(keys(local.burns), concat(keys(local.webhooks_and_api), ["plan-in-five-minutes"])) :
    "${pair[0]}/${pair[1]}" => { burn = pair[0], promise = pair[1] }
  }
}

resource "google_monitoring_custom_service" "workwright" {
  project      = var.project_id
  service_id   = "workwright"
  display_name = "Workwright ${var.environment}"
}

resource "google_monitoring_slo" "availability" {
  for_each = local.webhooks_and_api

  project             = var.project_id
  service             = google_monitoring_custom_service.workwright.service_id
  slo_id              = "${each.key}-available"
  display_name        = each.value
  goal                = var.availability_goal
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      total_service_filter = join(" AND ", ["metric.type=\"run.googleapis.com/request_count\"", "resource.type=\"cloud_run_revision\"", "resource.labels.service_name=\"${each.key}\""])
      bad_service_filter   = join(" AND ", ["metric.type=\"run.googleapis.com/request_count\"", "resource.type=\"cloud_run_revision\"", "resource.labels.service_name=\"${each.key}\"", "metric.labels.response_code_class=\"5xx\""])
    }
  }
}

# Unlike the alerts' queries, this names a metric that must be known already.
resource "time_sleep" "metric_is_known" {
  create_duration = "60s"
  triggers        = { metric = google_logging_metric.event["plan_seconds"].id }
}

resource "google_monitoring_slo" "plan" {
  project             = var.project_id
  service             = google_monitoring_custom_service.workwright.service_id
  slo_id              = "plan-in-five-minutes"
  display_name        = "Runs whose plan is there within five minutes"
  goal                = var.plan_goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      distribution_filter = join(" AND ", ["metric.type=\"logging.googleapis.com/user/${local.metric_prefix}/plan_seconds\"", "resource.type=\"cloud_run_revision\""])
      range {
        min = 0
        max = 300
      }
    }
  }

  depends_on = [time_sleep.metric_is_known]
}

resource "google_monitoring_alert_policy" "burn" {
  for_each = local.burning

  project               = var.project_id
  display_name          = "Workwright ${var.environment}: ${local.burns[each.value.burn].what} (${each.value.promise})"
  combiner              = "AND"
  severity              = local.burns[each.value.burn].severity
  notification_channels = local.channels
  user_labels           = { runbook = each.value.burn }

  dynamic "conditions" {
    for_each = local.burns[each.value.burn].windows
    content {
      display_name = "${local.burns[each.value.burn].rate} times too fast over ${conditions.key}"
      condition_threshold {
        filter          = "select_slo_burn_rate(\"${local.promises[each.value.promise].name}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = local.burns[each.value.burn].rate
        duration        = "0s"

        trigger {
          count = 1
        }
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    subject   = "Workwright ${var.environment}: ${local.burns[each.value.burn].what}"
    content   = "${local.burns[each.value.burn].what}: ${local.promises[each.value.promise].display_name}. ${local.sections[each.value.burn]}"
  }

  alert_strategy {
    auto_close = "86400s"
  }
}
