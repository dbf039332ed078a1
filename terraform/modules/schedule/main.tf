variable "name" {
  type = string
}

variable "region" {
  type = string
}

variable "cron" {
  type = string
}

variable "url" {
  description = "The function's address, which is the audience of the token too."
  type        = string
}

variable "path" {
  type = string
}

variable "account" {
  description = "E-mail of the account in whose name the scheduler calls."
  type        = string
}

variable "deadline_s" {
  type = number
}

resource "google_cloud_scheduler_job" "this" {
  name             = var.name
  region           = var.region
  schedule         = var.cron
  time_zone        = "Etc/UTC"
  attempt_deadline = "${var.deadline_s}s"

  http_target {
    http_method = "POST"
    uri         = "${var.url}${var.path}"

    oidc_token {
      service_account_email = var.account
      audience              = var.url # the default would be the whole address with its path, which is answered 401
    }
  }

  # No retries: the next one comes in minutes and finds whatever this one did not.
  retry_config {
    retry_count = 0
  }
}

output "name" {
  value = google_cloud_scheduler_job.this.name
}

output "target" {
  value = google_cloud_scheduler_job.this.http_target[0]
}
