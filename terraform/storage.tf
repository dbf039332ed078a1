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

# Tenants' sites, beside our records of them (docs/guides/sites.md).
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

# Seen is what is live, and previews by whoever has the address: nobody may list, and our records beside them stay ours.
resource "google_storage_managed_folder" "sites" {
  for_each = toset(var.sites.bucket ? ["live/", "preview/"] : [])

  bucket        = google_storage_bucket.sites[0].name
  name          = each.key
  force_destroy = !local.production
}

resource "google_project_iam_custom_role" "reads_sites" {
  count = var.sites.bucket ? 1 : 0

  role_id     = "${replace(var.name, "-", "_")}_reads_sites"
  title       = "${var.name}: reads sites"
  description = "an object by its name, and no list of what there is"
  permissions = ["storage.objects.get"]

  depends_on = [google_project_service.on]
}

resource "google_storage_managed_folder_iam_member" "sites_readers" {
  for_each = google_storage_managed_folder.sites

  bucket         = each.value.bucket
  managed_folder = each.value.name
  role           = google_project_iam_custom_role.reads_sites[0].name
  member         = "allUsers"
}

resource "google_storage_bucket_iam_member" "sites_writers" {
  for_each = { for name, it in local.functions : name => it if var.sites.bucket && contains(it.roles, "storage-sites") }

  bucket = google_storage_bucket.sites[0].name
  role   = google_project_iam_custom_role.of["storage-sites"].name
  member = module.function[each.key].member
}
