# What has to be there before anything else can be: applied by hand, once per environment, with the state kept on the
# machine of whoever does it, or moved into the bucket afterwards (docs/guides/deploy.md).
terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 8.0"
    }
  }
}

variable "project_id" {
  description = "The project of this environment."
  type        = string
}

variable "runner_project_id" {
  description = "The project of the code-runner. Empty: there is none."
  type        = string
  default     = ""
}

variable "region" {
  type    = string
  default = "europe-west1"
}

variable "name" {
  description = "The same as in the folder above."
  type        = string
  default     = "workwright"
}

provider "google" {
  project = var.project_id
  region  = var.region
}

locals {
  apis = merge(
    { for name in ["cloudresourcemanager", "compute", "iam", "serviceusage", "storage"] : "main-${name}" => [var.project_id, name] },
    var.runner_project_id == "" ? {} : {
      for name in ["artifactregistry", "cloudresourcemanager", "compute", "iam", "run", "serviceusage"] : "runner-${name}" => [var.runner_project_id, name]
    },
  )
}

resource "google_project_service" "on" {
  for_each = local.apis

  project            = each.value[0]
  service            = "${each.value[1]}.googleapis.com"
  disable_on_destroy = false
}

# The state holds every attribute of everything.
resource "google_storage_bucket" "state" {
  #checkov:skip=CKV_GCP_62:who reads it is in the audit logs; a bucket of logs would need a bucket of logs
  name                        = "${var.project_id}-${var.name}-state"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      num_newer_versions         = 30
      days_since_noncurrent_time = 90
    }
  }

  depends_on = [google_project_service.on]
}

# Bundles, named by their content. None is deleted: an older release is gone back to by its map, and they are small.
resource "google_storage_bucket" "source" {
  #checkov:skip=CKV_GCP_62:who reads it is in the audit logs; a bucket of logs would need a bucket of logs
  name                        = "${var.project_id}-${var.name}-source"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"

  versioning {
    enabled = true
  }

  depends_on = [google_project_service.on]
}

resource "google_artifact_registry_repository" "runner" {
  #checkov:skip=CKV_GCP_84:images hold our code and no data; Google's own encryption is enough for them
  count = var.runner_project_id == "" ? 0 : 1

  project       = var.runner_project_id
  repository_id = "code-runner"
  location      = var.region
  format        = "DOCKER"

  docker_config {
    immutable_tags = true
  }

  depends_on = [google_project_service.on]
}

output "state_bucket" {
  description = "For -backend-config of the folder above."
  value       = google_storage_bucket.state.name
}

output "source_bucket" {
  description = "Where bundles are uploaded to."
  value       = google_storage_bucket.source.name
}

output "runner_repository" {
  description = "Where the code-runner's image is pushed to."
  value       = one([for it in google_artifact_registry_repository.runner : "${it.location}-docker.pkg.dev/${it.project}/${it.repository_id}"])
}
