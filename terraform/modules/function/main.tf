resource "google_service_account" "this" {
  account_id   = "fn-${var.name}"
  display_name = "Function ${var.name}"
}

resource "google_cloudfunctions2_function" "this" {
  name     = var.name
  location = var.region

  build_config {
    runtime           = var.runtime
    entry_point       = replace(var.name, "-", "_")
    service_account   = var.build_account
    docker_repository = var.repository

    source {
      storage_source {
        bucket = var.source_bucket
        object = var.source_object
      }
    }

    automatic_update_policy {}
  }

  service_config {
    service_account_email            = google_service_account.this.email
    available_memory                 = var.memory
    available_cpu                    = var.cpu
    timeout_seconds                  = var.timeout_s
    min_instance_count               = var.instances.warm
    max_instance_count               = var.instances.max
    max_instance_request_concurrency = var.concurrency
    ingress_settings                 = var.ingress
    all_traffic_on_latest_revision   = true
    environment_variables            = merge(var.environment, { THREADS = tostring(var.concurrency) })
  }

  depends_on = [google_service_account_iam_member.deployers, google_project_iam_member.this, google_secret_manager_secret_iam_member.reads, google_kms_crypto_key_iam_member.this]
}

# Invokers stand on the service: roles of Cloud Run are refused on the function.
resource "google_cloud_run_v2_service_iam_member" "callers" {
  for_each = var.callers

  name     = google_cloudfunctions2_function.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value
}

# Who deploys it names the account it runs as.
resource "google_service_account_iam_member" "deployers" {
  for_each = var.deployers

  service_account_id = google_service_account.this.name
  role               = "roles/iam.serviceAccountUser"
  member             = each.value
}

resource "google_project_iam_member" "this" {
  for_each = var.project_roles

  project = google_service_account.this.project
  role    = each.value
  member  = google_service_account.this.member
}

resource "google_kms_crypto_key_iam_member" "this" {
  for_each = var.key_roles

  crypto_key_id = var.key
  role          = each.value
  member        = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = var.secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.this.member
}

resource "google_secret_manager_secret_iam_member" "writes" {
  for_each = var.written_secrets

  secret_id = each.value
  role      = "roles/secretmanager.secretVersionAdder"
  member    = google_service_account.this.member
}
