/**
 * What AWS config and credentials files say, case by case: by hand from the guide, since no program
 * writes these shapes. A second reader, botocore, is asked about every case; where it reads otherwise,
 * the case says how.
 *
 * @see AWS SDKs and Tools Reference Guide, "Shared config and credentials files": "Format of the config
 *   file", "Format of the credentials file"
 * @module
 */

type Profiles = Readonly<Record<string, Readonly<Record<string, string>>>>

export interface AwsConfigCase {
  readonly name: string
  readonly config?: string
  readonly credentials?: string
  /** Undefined: the files are refused. */
  readonly profiles: Profiles | undefined
  readonly ssoSessions?: Profiles
  /** What botocore makes of it, where that differs. */
  readonly botocore?: string
}

const EVERY_NAME_CHARACTER = 'AZaz09-/.%@_:+'
const INLINE_COMMENTS = 'knows no comment behind a value'
const INDENTED = 'takes indented lines as one value with their line ends'

/** Cases of the config file alone. */
const CONFIG_CASES: readonly AwsConfigCase[] = [
  { name: 'nothing', config: '', profiles: {} },
  { name: 'blank lines', config: ' \n\t\n\n', profiles: {} },
  { name: 'comments', config: '# a\n; b\n#\n;\n', profiles: {} },
  { name: 'an empty profile', config: '[profile a]', profiles: { a: {} } },
  { name: 'the default profile', config: '[default]\nx = 1\n', profiles: { default: { x: '1' } } },
  {
    name: 'several profiles',
    config: '[default]\nx = 1\n\n[profile a]\nx = 2\ny = 3\n\n[profile b]\n',
    profiles: { default: { x: '1' }, a: { x: '2', y: '3' }, b: {} },
  },
  {
    name: 'every character of a profile name',
    config: `[profile ${EVERY_NAME_CHARACTER}]\nx = 1`,
    profiles: { [EVERY_NAME_CHARACTER]: { x: '1' } },
  },
  {
    name: 'every character of a property name',
    config: '[profile a]\nAZaz09-_ = 1',
    profiles: { a: { 'azaz09-_': '1' } },
  },
  {
    name: 'a tab behind "profile", and blanks around',
    config: '[profile\ta]\nx = 1\n[profile   b]\nx = 2',
    profiles: { a: { x: '1' }, b: { x: '2' } },
  },
  {
    name: 'blanks inside the brackets',
    config: '[ profile a ]\nx = 1',
    profiles: { a: { x: '1' } },
    botocore: 'keeps the blanks, and knows no such profile',
  },
  {
    name: 'blanks and a comment behind the bracket',
    config: '[profile a]  \nx = 1\n[profile b] # ours\ny = 2\n[profile c]; ours\nz = 3',
    profiles: { a: { x: '1' }, b: { y: '2' }, c: { z: '3' } },
  },
  {
    name: 'a name without "profile"',
    config: '[a]\nx = 1\n[profile b]\nx = 2',
    profiles: { b: { x: '2' } },
  },
  {
    name: 'names that are none',
    config: '[profile a b]\nx = 1\n[profile a*]\nx = 2\n[profilea]\nx = 3\n[profile]\nx = 4\n',
    profiles: {},
    botocore: 'takes the first word, and any character',
  },
  {
    name: 'a profile of two sections',
    config: '[profile a]\nx = 1\ny = 1\n[profile b]\n[profile a]\ny = 2\nz = 3',
    profiles: { a: { x: '1', y: '2', z: '3' }, b: {} },
    botocore: 'refuses a section that comes twice',
  },
  {
    name: '[profile default] before [default]',
    config: '[profile default]\nx = 1\n[default]\ny = 2',
    profiles: { default: { x: '1' } },
    botocore: 'takes the last',
  },
  {
    name: '[profile default] behind [default]',
    config: '[default]\ny = 2\n[profile default]\nx = 1',
    profiles: { default: { x: '1' } },
  },
  {
    name: 'values trimmed, with "=" and text of any script inside',
    config: '[profile a]\nx1=1\nx2 =\t 2 \nx3 = a = b\nx4 = Größe 世界\n',
    profiles: { a: { x1: '1', x2: '2', x3: 'a = b', x4: 'Größe 世界' } },
  },
  { name: 'an empty value', config: '[profile a]\nx =\n', profiles: { a: { x: '' } } },
  {
    name: 'a property that comes twice',
    config: '[profile a]\nx = 1\nx = 2',
    profiles: { a: { x: '2' } },
    botocore: 'refuses it',
  },
  {
    name: 'names of any case are one',
    config: '[profile a]\nAbC = 1\naBc = 2\n',
    profiles: { a: { abc: '2' } },
    botocore: 'refuses it',
  },
  {
    name: 'a property name that is none',
    config: '[profile a]\nx y = 1\nx@ = 2\nz = 3',
    profiles: { a: { z: '3' } },
    botocore: 'takes any name',
  },
  {
    name: 'comments behind values',
    config: '[profile a]\nx = 1 # one\ny = 2\t; two\nz = a#b;c',
    profiles: { a: { x: '1', y: '2', z: 'a#b;c' } },
    botocore: INLINE_COMMENTS,
  },
  {
    name: 'comments between properties',
    config: '[profile a]\n# one\nx = 1\n; two\ny = 2',
    profiles: { a: { x: '1', y: '2' } },
  },
  {
    name: 'Windows line ends',
    config: '[profile a]\r\nx = 1\r\n\r\n[profile b]\r\n',
    profiles: { a: { x: '1' }, b: {} },
  },
  {
    name: 'a value over several lines',
    config: '[profile a]\nx = 1\n 2\n\t3 \n\n  4 # four\n',
    profiles: { a: { x: '1\n2\n3\n4 # four' } },
    botocore: 'keeps the blank line inside',
  },
  {
    name: 'sub-properties',
    config: '[profile a]\ns3 =\n  max = 1\n  MIN = 2\ny = 3\n',
    profiles: { a: { s3: '\nmax = 1\nMIN = 2', y: '3' } },
    botocore: 'makes a table of them',
  },
  {
    name: 'a sub-property without a value, and one with a name that is none',
    config: '[profile a]\ns3 =\n max =\n x y = 2\n',
    profiles: { a: { s3: '\nmax =\nx y = 2' } },
    botocore: 'makes a table of them',
  },
  {
    name: 'blank lines among sub-properties',
    config: '[profile a]\ns3 =\n  max = 1\n\n  min = 2\n',
    profiles: { a: { s3: '\nmax = 1\nmin = 2' } },
    botocore: 'makes a table of them',
  },
  {
    name: 'an SSO session, and sections that look like one',
    config: '[sso-session a]\nx = 1\n[sso-sessions b]\ny = 2\n[sso-session]\nz = 3\n',
    profiles: {},
    ssoSessions: { a: { x: '1' } },
  },
  {
    name: 'services and plugins',
    config: '[services a]\ns3 =\n  endpoint_url = http://x\n[plugins]\nx = 1\n[preview]\ny = 2\n',
    profiles: {},
  },
  // A broken structure is an error wherever it stands.
  { name: 'a bracket that does not close', config: '[profile a\nx = 1', profiles: undefined },
  {
    name: 'text behind the bracket',
    config: '[profile a] x\ny = 1',
    profiles: undefined,
    botocore: 'passes over it',
  },
  { name: 'a property before any section', config: 'x = 1\n[profile a]\n', profiles: undefined },
  {
    name: 'an indented line before any section',
    config: ' x = 1\n[profile a]\n',
    profiles: undefined,
  },
  { name: 'a line without "="', config: '[profile a]\nx\n', profiles: undefined },
  {
    name: 'a property without a name',
    config: '[profile a]\n= 1\n',
    profiles: undefined,
  },
  {
    name: 'an indented line before any property',
    config: '[profile a]\n x = 1\n',
    profiles: undefined,
    botocore: 'takes it as a property',
  },
  {
    name: 'an indented line behind another section',
    config: '[profile a]\nx = 1\n[profile b]\n y = 2\n',
    profiles: undefined,
    botocore: 'takes it as a property',
  },
  {
    name: 'a sub-property without "="',
    config: '[profile a]\ns3 =\n  max\n',
    profiles: undefined,
  },
  {
    name: 'a sub-property without a name',
    config: '[profile a]\ns3 =\n  = 1\n',
    profiles: undefined,
    botocore: 'reads it',
  },
]

/** Cases with a credentials file. */
const CREDENTIALS_CASES: readonly AwsConfigCase[] = [
  {
    name: 'a credentials file',
    credentials: '[default]\nx = 1\n[a]\nx = 2\n',
    profiles: { default: { x: '1' }, a: { x: '2' } },
  },
  {
    name: 'a credentials file with "profile" before a name',
    credentials: '[profile a]\nx = 1\n[b]\nx = 2\n',
    profiles: { b: { x: '2' } },
    botocore: 'takes the whole header as a name',
  },
  {
    name: 'blanks inside the brackets of a credentials file',
    credentials: '[ a ]\nx = 1',
    profiles: { a: { x: '1' } },
    botocore: 'keeps the blanks',
  },
  {
    name: 'one profile of both files',
    config: '[profile a]\nx = 1\ny = 1\n[profile b]\nx = 1\n',
    credentials: '[a]\ny = 2\nz = 2\n[c]\nx = 2',
    profiles: { a: { x: '1', y: '2', z: '2' }, b: { x: '1' }, c: { x: '2' } },
  },
  {
    name: 'the default profile of both files, the one without a prefix overruled',
    config: '[default]\nx = 1\n[profile default]\ny = 2\n',
    credentials: '[default]\nz = 3\n',
    profiles: { default: { y: '2', z: '3' } },
  },
  {
    name: 'comments behind values of a credentials file',
    credentials: '[a]\nx = 1 # one\ny = 2;3\n',
    profiles: { a: { x: '1', y: '2;3' } },
    botocore: INLINE_COMMENTS,
  },
  {
    name: 'a credentials file whose lines are indented as a whole',
    credentials: '[a]\n  x = 1\n  y = 2\n',
    profiles: undefined,
    botocore: INDENTED,
  },
]

export const AWS_CONFIG_CASES: readonly AwsConfigCase[] = [...CONFIG_CASES, ...CREDENTIALS_CASES]
