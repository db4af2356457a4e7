/**
 * Trust anchor, role and profile as a Terraform configuration; OpenTofu reads the same.
 *
 * @see Terraform AWS provider, aws_rolesanywhere_trust_anchor, aws_rolesanywhere_profile, aws_iam_role
 * @module
 */

import {
  COMMON_NAME_KEY,
  ROLE_ACTIONS,
  SERVICE_PRINCIPAL,
  SESSION_SECONDS,
  type AuthoritySource,
  type AwsSide,
} from './aws-side.ts'

export function terraform({ name, authority, commonName }: AwsSide): string {
  return `terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "name" {
  type        = string
  default     = ${text(name)}
  description = "What trust anchor, role and profile are called"
}

variable "certificate_common_name" {
  type        = string
${commonName === undefined ? '' : `  default     = ${text(commonName)}\n`}  description = "Common name (CN) of the certificate that may use the role"
}

variable "session_seconds" {
  type        = number
  default     = ${SESSION_SECONDS}
  description = "How long credentials last, from 900 to ${SESSION_SECONDS}"
}

variable "permission_policy_arns" {
  type        = set(string)
  default     = []
  description = "Managed policies that say what the role may do; without one it may do nothing"
}

${authorityVariable(authority)}

resource "aws_rolesanywhere_trust_anchor" "this" {
  name    = var.name
  enabled = true

  source {
${source(authority)}
  }
}

resource "aws_iam_role" "this" {
  name = var.name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { Service = "${SERVICE_PRINCIPAL}" }
        Action    = ${JSON.stringify(ROLE_ACTIONS)}
        Condition = {
          ArnEquals    = { "aws:SourceArn" = aws_rolesanywhere_trust_anchor.this.arn }
          StringEquals = { "${COMMON_NAME_KEY}" = var.certificate_common_name }
        }
      }
    ]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = var.permission_policy_arns
  role       = aws_iam_role.this.name
  policy_arn = each.value
}

resource "aws_rolesanywhere_profile" "this" {
  name             = var.name
  enabled          = true
  duration_seconds = var.session_seconds
  role_arns        = [aws_iam_role.this.arn]
}

output "trust_anchor_arn" {
  value = aws_rolesanywhere_trust_anchor.this.arn
}

output "profile_arn" {
  value = aws_rolesanywhere_profile.this.arn
}

output "role_arn" {
  value = aws_iam_role.this.arn
}
`
}

function authorityVariable(authority: AuthoritySource): string {
  if (authority.kind === 'private-ca') {
    return `variable "authority_arn" {
  type        = string
  default     = ${text(authority.arn)}
  description = "AWS Private CA that issues the certificates"
}`
  }
  return `variable "authority_certificates" {
  type        = string
  description = "Certificates of the authority, in PEM"
  default     = <<-PEM
${authority.pem.replaceAll(/^(?=.)/gmu, '    ')}  PEM
}`
}

function source({ kind }: AuthoritySource): string {
  const [type, data, variable] =
    kind === 'bundle'
      ? ['CERTIFICATE_BUNDLE', 'x509_certificate_data', 'authority_certificates']
      : ['AWS_ACM_PCA', 'acm_pca_arn', 'authority_arn']
  return `    source_type = "${type}"

    source_data {
      ${data} = var.${variable}
    }`
}

/** A string of HCL: as in JSON, and nothing in it is a template. */
function text(value: string): string {
  return JSON.stringify(value).replaceAll('${', '$${').replaceAll('%{', '%%{')
}
