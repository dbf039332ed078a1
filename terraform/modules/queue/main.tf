variable "name" {
  description = "The function's name: that is what the code hands commands to."
  type        = string
}

variable "region" {
  type = string
}

variable "per_second" {
  type = number

  validation {
    condition     = var.per_second > 0 && var.per_second <= 500
    error_message = "Cloud Tasks dispatches at most 500 tasks per second from a queue."
  }
}

variable "concurrent" {
  type = number
}

variable "capacity" {
  description = "Requests that the function's instances take at once."
  type        = number

  validation {
    condition     = var.capacity >= var.concurrent
    error_message = "The queue may not have more tasks under way than the instances take: the rest would be answered 429, which slows the whole queue."
  }
}

variable "enqueuers" {
  description = "Who hands tasks over, under names that are known while planning."
  type        = map(string)
}

variable "enqueue_role" {
  description = "Id of the role that may create a task, and nothing else."
  type        = string
}

resource "google_cloud_tasks_queue" "this" {
  name     = var.name
  location = var.region

  rate_limits {
    max_dispatches_per_second = var.per_second
    max_concurrent_dispatches = var.concurrent
  }

  # The function puts a command aside at its eighth delivery, and a worker that died keeps its lease for eleven minutes:
  # with these waits the eighth comes after a quarter of an hour (shared/backends/cloud/queue.py).
  retry_config {
    max_attempts  = -1
    min_backoff   = "10s"
    max_backoff   = "300s"
    max_doublings = 5
  }

  stackdriver_logging_config {
    sampling_ratio = 0.1 # failures are in the functions' own logs
  }
}

resource "google_cloud_tasks_queue_iam_member" "enqueuers" {
  for_each = var.enqueuers

  name     = google_cloud_tasks_queue.this.name
  location = var.region
  role     = var.enqueue_role
  member   = each.value
}

output "name" {
  value = google_cloud_tasks_queue.this.name
}

output "retries" {
  value = google_cloud_tasks_queue.this.retry_config[0]
}
