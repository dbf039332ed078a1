# A budget tells, it does not stop: what stops spending are the tenants' budgets, the instance limits and the kill switch.

resource "google_billing_budget" "month" {
  count = var.billing_account == null ? 0 : 1

  billing_account = var.billing_account
  display_name    = "Workwright ${var.environment}"

  budget_filter {
    projects        = [for number in sort(setunion([var.project_number], var.budget_projects)) : "projects/${number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    # five e-mail channels at most
    monitoring_notification_channels = slice(local.email_channels, 0, min(5, length(local.email_channels)))
    disable_default_iam_recipients   = length(local.email_channels) > 0
  }
}
