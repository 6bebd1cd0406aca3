import { oneLine } from './core/values/text.ts'
import { withAddresses } from './documentation.ts'

/**
 * Every error that Holdfast raises on purpose: its code, the HTTP status where it answers a request, the exit code
 * where it ends a command, and one sentence of help, in which a path of the repository becomes its address. docs/errors.md lists the same codes, and a
 * test compares.
 */
export const ERRORS = {
  REVIEW_NOT_JSON: { status: 400, help: 'The body has to be one JSON document.' },
  REVIEW_INCOMPLETE: { status: 400, help: 'The connection ended or stalled before the whole body arrived.' },
  REVIEW_WRONG_TYPE: { status: 415, help: 'Send the AdmissionReview as application/json.' },
  REVIEW_TOO_LARGE: {
    status: 413,
    help: 'kube-apiserver accepts objects of up to 3 MiB, and a review contains at most two.'
  },
  REVIEW_MALFORMED: { status: 400, help: 'The body has to be an AdmissionReview with a request.' },
  REVIEW_VERSION: { status: 400, help: 'Set admissionReviewVersions to ["v1"] in the webhook configuration.' },
  REVIEW_KIND_MISMATCH: { status: 400, help: 'The kind of the object differs from the kind in the request.' },
  CLIENT_UNKNOWN: {
    status: 401,
    help: 'The API server has to present a certificate from a CA in --client-ca-file; see docs/mutual-tls.md.'
  },
  CLIENT_NOT_ALLOWED: { status: 403, help: 'Add its common name to --client-allowed-names.' },
  PATH_UNKNOWN: { status: 404, help: 'Send reviews to /mutate or /validate, optionally followed by a mode.' },
  POLICIES_CRASHED: {
    status: 500,
    help: 'Every policy that looked at the object threw; the log has the reasons. Please report this as a bug.'
  },
  OVERLOADED: { status: 503, help: 'Retry after a second.' },
  INTERNAL: { status: 500, help: 'The log has the reason. Please report this as a bug.' },
  CONFIG_UNREADABLE: { exit: 2, help: 'Check --config: the file has to exist and be readable.' },
  CONFIG_INVALID: { exit: 2, help: 'docs/configuration.md lists every field.' },
  BASELINE_UNREADABLE: { exit: 2, help: 'To write it, run holdfast check --write-baseline FILE.' },
  BASELINE_INVALID: { exit: 2, help: 'To write it anew, run holdfast check --write-baseline FILE.' },
  BASELINE_UNWRITABLE: { exit: 2, help: 'Check --write-baseline, and the free space on the disk.' },
  FLAG_INVALID: { exit: 2, help: 'To list its flags, run the command with --help.' },
  POLICY_UNKNOWN: { exit: 2, help: 'To list the policies, run holdfast policies.' },
  CERTIFICATE_UNREADABLE: { exit: 2, help: 'Check --tls-cert-file, --tls-private-key-file and --client-ca-file.' },
  CERTIFICATE_INVALID: {
    exit: 2,
    help: 'Certificates and private key have to be PEM, belong together, and be valid today.'
  },
  NOT_IN_CLUSTER: { exit: 2, help: 'Run the command in a Pod, as manifests/components/cert-controller does.' },
  ROTATION_OBJECT_MISSING: { exit: 2, help: 'Apply manifests/components/cert-controller again.' },
  ROTATION_FORBIDDEN: { exit: 2, help: 'Apply the roles of manifests/components/cert-controller again.' },
  ROTATION_FAILED: {
    exit: 2,
    help: 'cert-controller tries again; nothing stops working before the certificate expires.'
  },
  SECRET_MANAGED_ELSEWHERE: { exit: 2, help: 'Remove cert-manager from it as docs/certificates.md describes.' },
  FILE_UNWRITABLE: { exit: 2, help: 'Choose another directory, or replace the existing files with --force.' },
  SOURCE_UNREADABLE: { exit: 2, help: 'Check the path; - is standard input.' },
  SOURCE_NOT_TEXT: { exit: 2, help: 'Files have to be YAML or JSON in UTF-8.' },
  SOURCE_TOO_LARGE: { exit: 2, help: 'kube-apiserver accepts objects of up to 3 MiB; split larger documents.' },
  SOURCE_INVALID: { exit: 2, help: 'Fix the document; all others were checked.' },
  SOURCE_EMPTY: {
    exit: 2,
    help: 'Check the command before the pipe; with set -o pipefail, the shell reports its failure.'
  },
  SOURCE_WITHOUT_OBJECTS: {
    exit: 2,
    help: 'Name manifests, a chart or a kustomization; to accept a path without objects, set --allow-unchecked.'
  },
  SOURCE_NOT_RENDERED: {
    exit: 2,
    help: 'Name the directory itself to render it, or check what helm template or kubectl kustomize prints; to accept it unchecked, set --allow-unchecked.'
  },
  RENDER_PROGRAM_MISSING: {
    exit: 2,
    help: 'Install it, or pipe what it prints elsewhere to holdfast check -.'
  },
  RENDER_FAILED: { exit: 2, help: 'Run the command by itself to see all that it says.' },
  COMMIT_UNREADABLE: {
    exit: 2,
    help: 'Check the reference, and that the clone has it: CI often clones one commit only (fetch-depth: 0).'
  },
  SOURCE_AMBIGUOUS: {
    exit: 2,
    help: 'Set the namespace with -n, or compare one environment at a time; render kustomizations first.'
  },
  REPORT_UNWRITABLE: { exit: 2, help: 'Check the files of -o, and the free space on the disk.' },
  HISTORY_UNUSABLE: { exit: 2, help: 'Check --history: it has to be a directory that you may write to.' },
  CLUSTER_UNREACHABLE: { exit: 2, help: 'Check --kubeconfig and --context, and that the API server answers kubectl.' },
  CLUSTER_FORBIDDEN: {
    exit: 2,
    help: 'Bind the ClusterRole of manifests/components/scan (check --live needs the verb get instead), or choose another namespace with -n.'
  },
  NAMESPACE_UNKNOWN: { exit: 2, help: 'Check -n and --context: the namespace may be in another cluster.' },
  REPORT_NOT_STORED: {
    exit: 2,
    help: 'Check that the CRD is installed, that manifests/components/scan-reports is applied, and that no other report is called holdfast.'
  },
  CLUSTER_INCOMPLETE: { exit: 2, help: 'Run the command again; all objects read so far were checked.' },
  RECREATE_REFUSED: { exit: 1, help: 'Nothing was changed; docs/recreate.md describes each reason.' },
  RECREATE_STOPPED: { exit: 2, help: 'Run the same command again: it continues from the current state.' },
  STATE_UNUSABLE: { exit: 2, help: 'Check --save-dir: the directory has to be writable, and its files unchanged.' },
  PORT_UNAVAILABLE: { exit: 2, help: 'Choose another port with --port or --health-port.' }
} as const satisfies Record<string, { readonly status?: number; readonly exit?: number; readonly help: string }>

export type ErrorCode = keyof typeof ERRORS

/** Of a sentence, in characters: it may quote what somebody wrote. */
const LONGEST = 2000

/** An error that a user can do something about. Its message holds no line that is not meant as one. */
export class HoldfastError extends Error {
  readonly code: ErrorCode

  /**
   * @param what happened, as a sentence without its full stop, or a question; the code and its help are put behind it
   * @param options with `list`, what is told one below the other behind the sentence
   */
  constructor(code: ErrorCode, what: string, options: ErrorOptions & { readonly list?: readonly string[] } = {}) {
    const { list, ...others } = options
    const [sentence, help] = [oneLine(what, LONGEST), `${withAddresses(ERRORS[code].help)} [${code}]`]
    const items = list?.map((item) => `  ${oneLine(item, LONGEST)}\n`)
    const end = sentence.endsWith('?') ? '' : '.'
    super(items === undefined ? `${sentence}${end} ${help}` : `${sentence}:\n${items.join('')}${help}`, others)
    this.name = 'HoldfastError'
    this.code = code
  }

  /** The HTTP status that says "could not evaluate", and never that something was evaluated. */
  get statusCode(): number {
    const error = ERRORS[this.code]
    return 'status' in error ? error.status : 500
  }

  get exitCode(): number {
    const error = ERRORS[this.code]
    return 'exit' in error ? error.exit : 2
  }
}

/** The sentence of any thrown value: on one line, where it is not an error of ours. */
export function messageOf(error: unknown): string {
  if (error instanceof HoldfastError) return error.message
  const message = error instanceof Error ? error.message : String(error)
  return oneLine(message.replace(/\s+/g, ' ').trim(), LONGEST)
}
