variable "name" {
  description = "The function's name, which is its service's and its folder's too."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z-]{0,26}[a-z]$", var.name))
    error_message = "Use lower-case letters and dashes, 27 at most: fn-<name> is the account."
  }
}

variable "region" {
  type = string
}

variable "runtime" {
  type = string
}

variable "source_bucket" {
  type = string
}

variable "source_object" {
  description = "The bundle. Its name holds its hash, so that another bundle is another deployment."
  type        = string
}

variable "build_account" {
  description = "Full name of the account that builds the image."
  type        = string
}

variable "repository" {
  description = "Id of the repository that the image is kept in."
  type        = string
}

variable "environment" {
  description = "Plain settings. Secrets are read at run time, by name."
  type        = map(string)
}

variable "memory" {
  type = string
}

variable "cpu" {
  type = string
}

variable "concurrency" {
  description = "Requests at once per instance, and threads of its server."
  type        = number
}

variable "timeout_s" {
  type = number

  validation {
    condition     = var.timeout_s <= 600
    error_message = "An attempt ends within the dispatch deadline of its task, 600 s."
  }
}

variable "instances" {
  type = object({ max = number, warm = number })

  validation {
    condition     = var.instances.max >= 1 && var.instances.max <= 100 && var.instances.warm <= var.instances.max
    error_message = "The most instances are what a flood can cost: 1 to 100."
  }
}

variable "ingress" {
  type = string
}

variable "callers" {
  description = "Who may call it, under names that are known while planning: {tasks = \"serviceAccount:…\"}, {anybody = \"allUsers\"}."
  type        = map(string)
}

variable "deployers" {
  description = "Who deploys it beside a person with rights of their own, under names that are known while planning."
  type        = map(string)
  default     = {}
}

variable "project_roles" {
  description = "Roles in the project, under names that are known while planning."
  type        = map(string)
}

variable "key_roles" {
  description = "What it may do with the key that wraps tenants' keys: roles, under names that are known while planning."
  type        = map(string)
}

variable "key" {
  description = "Id of that key."
  type        = string
}

variable "secrets" {
  description = "Secrets it reads: name → id."
  type        = map(string)
}

variable "written_secrets" {
  description = "Secrets it adds versions to: name → id."
  type        = map(string)
}
