/**
 * Trust anchor, role and profile as a CloudFormation template.
 *
 * @see AWS CloudFormation Template Reference, AWS::RolesAnywhere::TrustAnchor, AWS::RolesAnywhere::Profile,
 *   AWS::IAM::Role
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

export function cloudFormation({ name, authority, commonName }: AwsSide): string {
  return `AWSTemplateFormatVersion: '2010-09-09'
Description: IAM Roles Anywhere - trust anchor, role and profile

Parameters:
  Name:
    Type: String
    Default: ${text(name)}
    Description: What trust anchor and profile are called
  CertificateCommonName:
    Type: String
    MinLength: 1
${commonName === undefined ? '' : `    Default: ${text(commonName)}\n`}    Description: Common name (CN) of the certificate that may use the role
  SessionSeconds:
    Type: Number
    MinValue: 900
    MaxValue: ${SESSION_SECONDS}
    Default: ${SESSION_SECONDS}
    Description: How long credentials last
  PermissionPolicyArn:
    Type: String
    Default: ''
    Description: Managed policy that says what the role may do; empty, it may do nothing
${authority.kind === 'bundle' ? '' : authorityParameter(authority.arn)}
Conditions:
  HasPermissions: !Not [!Equals [!Ref PermissionPolicyArn, '']]

Resources:
  TrustAnchor:
    Type: AWS::RolesAnywhere::TrustAnchor
    Properties:
      Name: !Ref Name
      Enabled: true
      Source:
${source(authority)}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: ${SERVICE_PRINCIPAL}
            Action:
${ROLE_ACTIONS.map((action) => `              - ${action}`).join('\n')}
            Condition:
              ArnEquals:
                aws:SourceArn: !GetAtt TrustAnchor.TrustAnchorArn
              StringEquals:
                ${COMMON_NAME_KEY}: !Ref CertificateCommonName
      ManagedPolicyArns: !If [HasPermissions, [!Ref PermissionPolicyArn], !Ref AWS::NoValue]
  Profile:
    Type: AWS::RolesAnywhere::Profile
    Properties:
      Name: !Ref Name
      Enabled: true
      DurationSeconds: !Ref SessionSeconds
      RoleArns:
        - !GetAtt Role.Arn

Outputs:
  TrustAnchorArn:
    Value: !GetAtt TrustAnchor.TrustAnchorArn
  ProfileArn:
    Value: !GetAtt Profile.ProfileArn
  RoleArn:
    Value: !GetAtt Role.Arn
`
}

function authorityParameter(arn: string): string {
  return `  AuthorityArn:
    Type: String
    Default: ${arn}
    Description: AWS Private CA that issues the certificates
`
}

function source(authority: AuthoritySource): string {
  if (authority.kind === 'private-ca') {
    return `        SourceType: AWS_ACM_PCA
        SourceData:
          AcmPcaArn: !Ref AuthorityArn`
  }
  const lines = authority.pem.trimEnd().split('\n')
  return `        SourceType: CERTIFICATE_BUNDLE
        SourceData:
          X509CertificateData: |
${lines.map((line) => `            ${line}`).join('\n')}`
}

/** A scalar of YAML in single quotes, in which only these mean something. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
