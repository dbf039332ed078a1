variable "project_id" {
  description = "The project that is deployed to, and that builds run in."
  type        = string
}

variable "name" {
  description = "What the parts' names begin with."
  type        = string
}

variable "region" {
  description = "Where builds run: the region of the connection to the repository."
  type        = string
}

variable "environment" {
  description = "staging or production."
  type        = string
}

variable "approval" {
  description = "Whether a person has to approve before a plan is applied."
  type        = bool
}

variable "repository" {
  description = "The repository on its forge: what its tokens must say. The ids are numbers that a forge never gives twice; names can be taken over."
  type = object({
    forge    = string
    id       = string
    owner_id = string
    branch   = optional(string, "main")
  })

  validation {
    condition     = contains(["github", "gitlab"], var.repository.forge)
    error_message = "The forge is github or gitlab."
  }

  validation {
    condition     = can(regex("^[0-9]+$", var.repository.id)) && can(regex("^[0-9]+$", var.repository.owner_id))
    error_message = "Give the repository's and its owner's ids, which are numbers, not names."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.repository.branch))
    error_message = "A branch is given by its name alone."
  }
}

variable "connected_repository" {
  description = "The repository as Cloud Build knows it: projects/P/locations/R/connections/C/repositories/N. Empty: no triggers."
  type        = string
  default     = ""
}

variable "source_bucket" {
  description = "The bucket of bundles."
  type        = string
}

variable "state_bucket" {
  description = "The bucket of Terraform's state."
  type        = string
}

variable "granted_roles" {
  description = "Full names of the roles that an apply may give to accounts of this project; no others."
  type        = list(string)
}

variable "runner_project_id" {
  description = "The project of the code-runner, which an apply looks after too. Empty: there is none."
  type        = string
  default     = ""
}

variable "edge" {
  description = "Whether an apply looks after a load balancer too."
  type        = bool
  default     = false
}
