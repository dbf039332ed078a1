# What is watched, in both environments. Queries, labels and the runbook are compared in tests/terraform/test_operations.py.

mock_provider "google" {}
mock_provider "time" {}

variables {
  project_id     = "acme-workwright"
  project_number = "123456789012"
  region         = "europe-west1"
  functions      = ["api", "notion-webhook", "plan", "sweep"]
  doors = {
    api            = { host = "api.example.com", path = "/health", p95_seconds = 5 }
    notion-webhook = { host = "notion.example.com", path = "/health", p95_seconds = 2 }
  }
  queues               = { plan = 15000 }
  alert_emails         = ["a@example.com", "b@example.com"]
  alert_channels       = ["projects/acme-workwright/notificationChannels/1"]
  monthly_budget       = 100
  daily_model_usd      = 20
  log_retention_days   = 30
  audit_retention_days = 400
  audit_locked         = false
}

run "production" {
  command = plan

  module {
    source = "./modules/observability"
  }

  variables {
    environment       = "production"
    billing_account   = "012345-6789AB-CDEF01"
    budget_projects   = ["210987654321"]
    availability_goal = 0.999
    plan_goal         = 0.95
    deletion_policy   = "PREVENT"
    runbook_url       = "https://example.com/operations"
  }

  assert {
    condition     = alltrue([for each in concat(values(google_monitoring_alert_policy.query), values(google_monitoring_alert_policy.burn), [google_monitoring_alert_policy.uptime]) : length(each.notification_channels) == 3])
    error_message = "Every alert goes to both addresses and to the channel made by hand."
  }

  assert {
    condition     = google_billing_budget.month[0].budget_filter[0].projects == toset(["projects/123456789012", "projects/210987654321"])
    error_message = "A budget counts projects by number, the code-runner's too."
  }

  assert {
    condition     = [for rule in google_billing_budget.month[0].threshold_rules : rule.threshold_percent if rule.spend_basis == "FORECASTED_SPEND"] == [1]
    error_message = "People are told before the month's money is gone."
  }

  assert {
    condition     = google_logging_project_bucket_config.audit.retention_days == 400 && google_logging_project_bucket_config.audit.deletion_policy == "PREVENT"
    error_message = "Production keeps its audit logs for more than a year."
  }

  assert {
    condition     = google_logging_project_exclusion.addresses.filter == "logName=\"projects/acme-workwright/logs/run.googleapis.com%2Frequests\" AND resource.labels.service_name=(\"api\" OR \"notion-webhook\")"
    error_message = "Addresses of the public doors hold approval links: the platform's lines of them are not kept."
  }

  assert {
    condition     = length(google_monitoring_alert_policy.burn) == 6
    error_message = "Three promises, each watched fast and slowly."
  }

  assert {
    condition     = alltrue([for each in google_monitoring_alert_policy.burn : each.combiner == "AND" && length(each.conditions) == 2])
    error_message = "A promise breaks when both windows say so."
  }

  assert {
    condition     = alltrue([for each in google_monitoring_uptime_check_config.door : each.http_check[0].use_ssl && each.http_check[0].validate_ssl && length(each.selected_regions) >= 3])
    error_message = "Doors are asked from three regions, encrypted, and the certificate is looked at."
  }

  assert {
    condition     = contains([300], one(google_monitoring_slo.plan.request_based_sli[0].distribution_cut[0].range).max) && contains(google_logging_metric.event["plan_seconds"].bucket_options[0].explicit_buckets[0].bounds, 300)
    error_message = "Five minutes is promised, and a boundary of the metric that it is measured with."
  }
}

run "staging" {
  command = plan

  module {
    source = "./modules/observability"
  }

  variables {
    environment       = "staging"
    availability_goal = 0.99
    plan_goal         = 0.9
    deletion_policy   = "DELETE"
    alert_emails      = []
    alert_channels    = []
  }

  assert {
    condition     = length(google_billing_budget.month) == 0
    error_message = "Without a billing account there is no budget."
  }

  assert {
    condition     = google_logging_project_bucket_config.audit.deletion_policy == "DELETE" && !google_logging_project_bucket_config.audit.locked
    error_message = "Staging can be destroyed."
  }
}
