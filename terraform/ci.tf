locals {
  state_bucket = var.state_bucket != "" ? var.state_bucket : "${var.project_id}-${var.name}-state"

  # All roles that Terraform gives to accounts in the whole project.
  granted_roles = concat(["roles/logging.logWriter", google_project_iam_custom_role.reads_bundles.name], [for name in keys(local.project_roles) : google_project_iam_custom_role.of[name].name])
}

module "ci" {
  source = "./modules/ci"
  count  = var.repository == null ? 0 : 1

  project_id           = var.project_id
  name                 = var.name
  region               = var.region
  environment          = var.environment
  approval             = local.production
  repository           = var.repository
  connected_repository = var.repository.connection
  source_bucket        = local.source_bucket
  state_bucket         = local.state_bucket
  granted_roles        = local.granted_roles
  edge                 = var.edge != null
  runner_project_id    = var.runner_project_id

  depends_on = [google_project_service.on, google_project_service.operations]
}

# Who deploys a function, a schedule or a build names the account it runs as, and must be allowed to.
resource "google_service_account_iam_member" "deployer_acts_as" {
  for_each = var.repository == null ? {} : { tasks = google_service_account.tasks.name, build = google_service_account.build.name }

  service_account_id = each.value
  role               = "roles/iam.serviceAccountUser"
  member             = one(module.ci[*].deployer_member)
}

resource "google_service_account_iam_member" "deployer_acts_as_runner" {
  count = var.repository == null || !local.runner ? 0 : 1

  service_account_id = "projects/${var.runner_project_id}/serviceAccounts/code-runner@${var.runner_project_id}.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountUser"
  member             = one(module.ci[*].deployer_member)

  depends_on = [module.runner]
}

output "ci" {
  description = "What the forge's pipeline and the billing account have to know."
  value = var.repository == null ? null : {
    identity_provider = module.ci[0].identity_provider
    uploader          = module.ci[0].uploader
    deployer          = module.ci[0].deployer
  }
}
