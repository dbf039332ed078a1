# The forge's own pipeline may do one thing here, without a key: put bundles into the bucket. A bundle's name holds its hash, and
# nothing there can be replaced or removed by it; what runs is decided by the release that Terraform applies.

locals {
  forges = {
    github = {
      issuer = "https://token.actions.githubusercontent.com"
      id     = "assertion.repository_id"
      condition = join(" && ", [
        "assertion.repository_id == '${var.repository.id}'",
        "assertion.repository_owner_id == '${var.repository.owner_id}'",
        "assertion.ref == 'refs/heads/${var.repository.branch}'",
        "assertion.event_name == 'push'",
      ])
    }
    gitlab = {
      issuer = "https://gitlab.com"
      id     = "assertion.project_id"
      condition = join(" && ", [
        "assertion.project_id == '${var.repository.id}'",
        "assertion.namespace_id == '${var.repository.owner_id}'",
        "assertion.ref == '${var.repository.branch}'",
        "assertion.ref_type == 'branch'",
        "assertion.ref_protected == 'true'",
      ])
    }
  }
  forge = local.forges[var.repository.forge]
}

resource "google_iam_workload_identity_pool" "forge" {
  project                   = var.project_id
  workload_identity_pool_id = "${var.name}-forge"
  display_name              = "The forge's pipeline"
}

resource "google_iam_workload_identity_pool_provider" "forge" {
  project                            = var.project_id
  workload_identity_pool_id          = google_iam_workload_identity_pool.forge.workload_identity_pool_id
  workload_identity_pool_provider_id = var.repository.forge
  display_name                       = "Pushes to ${var.repository.branch}"
  attribute_condition                = local.forge.condition

  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = local.forge.id
  }

  oidc {
    issuer_uri = local.forge.issuer
  }
}

resource "google_service_account" "uploader" {
  project      = var.project_id
  account_id   = "ci-uploader"
  display_name = "Puts bundles into the bucket, for the forge's pipeline"
}

resource "google_service_account_iam_member" "uploader" {
  service_account_id = google_service_account.uploader.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.forge.name}/attribute.repository/${var.repository.id}"
}

resource "google_storage_bucket_iam_member" "uploader" {
  bucket = var.source_bucket
  role   = "roles/storage.objectCreator"
  member = google_service_account.uploader.member
}
