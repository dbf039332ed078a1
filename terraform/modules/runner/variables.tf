variable "project_id" {
  description = "A project in which nothing else lives."
  type        = string
}

variable "region" {
  type = string
}

variable "image" {
  type = string
}

variable "registries" {
  description = "Hosts of package registries that it may reach. Empty: no way out at all."
  type        = list(string)
}

variable "callers" {
  description = "Who may call it, under names that are known while planning."
  type        = map(string)
}

variable "environment" {
  type = map(string)
}

variable "memory" {
  type = string
}

variable "cpu" {
  type = string
}

variable "concurrency" {
  type = number

  validation {
    condition     = var.concurrency == 1
    error_message = "One request at a time: what one tenant's code does must not be near another's."
  }
}

variable "timeout_s" {
  type = number
}

variable "max_instances" {
  type = number
}
