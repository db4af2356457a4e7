/**
 * Trust anchor, role and profile as a shell script for the AWS CLI.
 *
 * Here and not beside its siblings, because it is made of another program's flags.
 *
 * @see AWS CLI Command Reference, `aws rolesanywhere`, `aws iam`
 * @module
 */

import {
  COMMON_NAME_KEY,
  ROLE_ACTIONS,
  SERVICE_PRINCIPAL,
  SESSION_SECONDS,
  type AuthoritySource,
  type AwsSide,
} from '../../configure/aws-side/aws-side.ts'
import { PROGRAM } from '../reporter.ts'

export function awsCliScript({ name, authority, commonName }: AwsSide): string {
  return `#!/bin/sh
# IAM Roles Anywhere: makes trust anchor, role and profile with the AWS CLI, in its region and account.
set -eu

# What trust anchor, role and profile are called.
NAME=${text(name)}
# Common name (CN) of the certificate that may use the role.
CERTIFICATE_CN=${commonName === undefined ? '"${CERTIFICATE_CN:?set it to the CN of the certificate}"' : text(commonName)}
# How long credentials last, from 900 to ${SESSION_SECONDS} seconds.
SESSION_SECONDS=${SESSION_SECONDS}
# Managed policy that says what the role may do; empty, it may do nothing.
PERMISSION_POLICY_ARN="\${PERMISSION_POLICY_ARN-}"

trust_anchor_arn=$(aws rolesanywhere create-trust-anchor \
  --name "$NAME" \
  --enabled \
  --source ${text(JSON.stringify(source(authority)))} \
  --query trustAnchor.trustAnchorArn --output text)

role_arn=$(aws iam create-role \
  --role-name "$NAME" \
  --assume-role-policy-document "$(cat <<JSON
${JSON.stringify(TRUST_POLICY, undefined, 2)}
JSON
  )" \
  --query Role.Arn --output text)

if [ -n "$PERMISSION_POLICY_ARN" ]; then
  aws iam attach-role-policy --role-name "$NAME" --policy-arn "$PERMISSION_POLICY_ARN"
fi

profile_arn=$(aws rolesanywhere create-profile \
  --name "$NAME" \
  --enabled \
  --duration-seconds "$SESSION_SECONDS" \
  --role-arns "$role_arn" \
  --query profile.profileArn --output text)

echo "${PROGRAM} configure --profile $NAME --arn $trust_anchor_arn --arn $profile_arn --arn $role_arn"
`
}

/** With the variables of the script. */
const TRUST_POLICY = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Service: SERVICE_PRINCIPAL },
      Action: ROLE_ACTIONS,
      Condition: {
        ArnEquals: { 'aws:SourceArn': '$trust_anchor_arn' },
        StringEquals: { [COMMON_NAME_KEY]: '$CERTIFICATE_CN' },
      },
    },
  ],
}

function source(authority: AuthoritySource): object {
  return authority.kind === 'bundle'
    ? { sourceType: 'CERTIFICATE_BUNDLE', sourceData: { x509CertificateData: authority.pem } }
    : { sourceType: 'AWS_ACM_PCA', sourceData: { acmPcaArn: authority.arn } }
}

/** A word of the shell in single quotes. */
function text(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`
}
