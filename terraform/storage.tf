locals {
  sites_bucket = "${var.project_id}-${var.name}-sites"
}

resource "google_artifact_registry_repository" "functions" {
  #checkov:skip=CKV_GCP_84:images hold our code and no data; Google's own encryption is enough for them
  repository_id = "${var.name}-functions"
  location      = var.region
  format        = "DOCKER"

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.on]
}

# Tenants' sites: open to everybody, because that is what they are for. Nothing else is put there.
resource "google_storage_bucket" "sites" {
  count = var.sites.bucket ? 1 : 0

  name                        = local.sites_bucket
  location                    = var.region
  uniform_bucket_level_access = true
  force_destroy               = !local.production

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = 30
    }
  }

  depends_on = [google_project_service.on]
}

resource "google_storage_bucket_iam_member" "sites_readers" {
  count = var.sites.bucket ? 1 : 0

  bucket = google_storage_bucket.sites[0].name
  role   = "roles/storage.legacyObjectReader" # an object by its name; no list of what there is
  member = "allUsers"
}

resource "google_storage_bucket_iam_member" "sites_writers" {
  for_each = { for name, it in local.functions : name => it if var.sites.bucket && contains(it.roles, "storage-sites") }

  bucket = google_storage_bucket.sites[0].name
  role   = google_project_iam_custom_role.of["storage-sites"].name
  member = module.function[each.key].member
}
