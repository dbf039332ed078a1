# A push to the branch checks the code, makes the bundles and plans. When that has succeeded, and only then, its plan is applied:
# at once in staging, after a person has read the plan and approved it in production.

locals {
  triggers = var.connected_repository == "" ? {} : { on = true }

  # Of a second-generation connection the forge is known; the type only tells old ones apart.
  repository_type = var.repository.forge == "github" ? "GITHUB" : "UNKNOWN"

  substitutions = {
    _ENV          = var.environment
    _REGION       = var.region
    _STATE_BUCKET = var.state_bucket
    _ARTIFACTS    = var.source_bucket
  }
}

# Cloud Build tells here how each build ended, as soon as the topic is there; the name is fixed.
resource "google_pubsub_topic" "builds" {
  #checkov:skip=CKV_GCP_83:which build ended how is no secret, and Cloud Build itself writes here
  for_each = local.triggers

  project                    = var.project_id
  name                       = "cloud-builds"
  message_retention_duration = "86400s"
}

resource "google_cloudbuild_trigger" "plan" {
  for_each = local.triggers

  project            = var.project_id
  location           = var.region
  name               = "${var.name}-plan"
  description        = "Checks, tests, bundles, scans, plans"
  filename           = "cloudbuild.yaml"
  service_account    = google_service_account.planner.id
  include_build_logs = var.repository.forge == "github" ? "INCLUDE_BUILD_LOGS_WITH_STATUS" : null
  substitutions      = local.substitutions

  repository_event_config {
    repository = var.connected_repository
    push {
      branch = "^${replace(var.repository.branch, ".", "\\.")}$"
    }
  }
}

resource "google_cloudbuild_trigger" "apply" {
  for_each = local.triggers

  project         = var.project_id
  location        = var.region
  name            = "${var.name}-apply"
  description     = "Applies the plan of a commit, looks whether it works, goes back if not"
  service_account = google_service_account.deployer.id
  filter          = "_STATUS == \"SUCCESS\" && _PLANNED_BY == \"${google_cloudbuild_trigger.plan["on"].trigger_id}\""

  substitutions = merge(local.substitutions, {
    _STATUS     = "$(body.message.attributes.status)"
    _PLANNED_BY = "$(body.message.data.buildTriggerId)"
    _COMMIT     = "$(body.message.data.substitutions.COMMIT_SHA)"
  })

  pubsub_config {
    topic = google_pubsub_topic.builds["on"].id
  }

  source_to_build {
    repository = var.connected_repository
    ref        = "refs/heads/${var.repository.branch}"
    repo_type  = local.repository_type
  }

  git_file_source {
    path       = "cloudbuild-apply.yaml"
    repository = var.connected_repository
    revision   = "refs/heads/${var.repository.branch}"
    repo_type  = local.repository_type
  }

  approval_config {
    approval_required = var.approval
  }
}
