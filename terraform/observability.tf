locals {
  # How slow 95 of 100 answers of a public door may be, in seconds. Notion and the forges give up on a delivery after some.
  p95_seconds = { notion-webhook = 2, forge-webhook = 3, oauth-callback = 4, api = 5 }
}

module "observability" {
  source = "./modules/observability"

  project_id     = var.project_id
  project_number = data.google_project.this.number
  region         = var.region
  environment    = var.environment
  functions      = toset(keys(local.functions))
  doors = {
    for name in local.public : name => {
      host        = trimprefix(local.door_urls[name], "https://")
      path        = "/health"
      p95_seconds = local.p95_seconds[name]
    }
  }
  queues = { for name, it in local.queued : name => it.queue.per_second * 300 } # five minutes at full speed

  alert_emails    = var.alert_emails
  alert_channels  = var.alert_channels
  runbook_url     = var.runbook_url
  billing_account = var.billing_account
  budget_projects = var.budget_projects
  monthly_budget  = var.monthly_budget
  daily_model_usd = var.daily_model_usd

  availability_goal    = local.production ? 0.999 : 0.99
  plan_goal            = local.production ? 0.95 : 0.9
  log_retention_days   = 30
  audit_retention_days = local.production ? 400 : 30
  audit_locked         = var.audit_locked
  deletion_policy      = local.production ? "PREVENT" : "DELETE"

  depends_on = [google_project_service.on, google_project_service.operations]
}
