import { oneLine } from './core/values/text.ts'

/**
 * Every error that Holdfast raises on purpose: its code, the HTTP status where it answers a request, the exit code
 * where it ends a command, and one sentence of help. docs/errors.md lists the same codes, and a test compares.
 */
export const ERRORS = {
  REVIEW_NOT_JSON: { status: 400, help: 'The body has to be one JSON document.' },
  REVIEW_INCOMPLETE: { status: 400, help: 'The connection ended or stalled before the whole body was there.' },
  REVIEW_WRONG_TYPE: { status: 415, help: 'Send the AdmissionReview as application/json.' },
  REVIEW_TOO_LARGE: {
    status: 413,
    help: 'kube-apiserver accepts objects of 3 MiB, of which a review holds two at the most.'
  },
  REVIEW_MALFORMED: { status: 400, help: 'The body has to be an AdmissionReview with a request.' },
  REVIEW_VERSION: { status: 400, help: 'Set admissionReviewVersions to ["v1"] in the webhook configuration.' },
  REVIEW_KIND_MISMATCH: { status: 400, help: 'The object is not of the kind that the request names.' },
  CLIENT_UNKNOWN: {
    status: 401,
    help: 'The API server has to present a certificate of --client-ca-file; docs/operations.md says how.'
  },
  CLIENT_NOT_ALLOWED: { status: 403, help: 'Add its common name to --client-allowed-names.' },
  PATH_UNKNOWN: { status: 404, help: 'Reviews go to /mutate and /validate, with a mode behind it at the most.' },
  POLICIES_CRASHED: {
    status: 500,
    help: 'Every policy that looked at the object threw; the log has the reasons. Please report this as a bug.'
  },
  OVERLOADED: { status: 503, help: 'Ask again in a second.' },
  INTERNAL: { status: 500, help: 'The log has the reason. Please report this as a bug.' },
  CONFIG_UNREADABLE: { exit: 2, help: 'Check --config: the file has to exist and be readable.' },
  CONFIG_INVALID: { exit: 2, help: 'docs/configuration.md lists every field.' },
  FLAG_INVALID: { exit: 2, help: 'The command says more with --help.' },
  POLICY_UNKNOWN: { exit: 2, help: 'holdfast policies lists them.' },
  CERTIFICATE_UNREADABLE: { exit: 2, help: 'Check --tls-cert-file, --tls-private-key-file and --client-ca-file.' },
  CERTIFICATE_INVALID: {
    exit: 2,
    help: 'Certificates and private key have to be PEM, belong together, and be valid today.'
  },
  FILE_UNWRITABLE: { exit: 2, help: 'Choose another directory, or replace what is there with --force.' },
  SOURCE_UNREADABLE: { exit: 2, help: 'Check the path; - is standard input.' },
  SOURCE_NOT_TEXT: { exit: 2, help: 'Name files of YAML or JSON in UTF-8.' },
  SOURCE_TOO_LARGE: { exit: 2, help: 'kube-apiserver accepts objects of 3 MiB; split what is larger.' },
  SOURCE_INVALID: { exit: 2, help: 'Mend the document; all others were checked.' },
  SOURCE_EMPTY: { exit: 2, help: 'Look at the command before the pipe; set -o pipefail makes the shell do so.' },
  SOURCE_AMBIGUOUS: {
    exit: 2,
    help: 'Say with -n which namespace is meant, or compare one environment at a time; render kustomizations first.'
  },
  REPORT_UNWRITABLE: { exit: 2, help: 'Check the files behind -o, and that the disk has room.' },
  CLUSTER_UNREACHABLE: { exit: 2, help: 'Check --kubeconfig and --context, and that the API server answers kubectl.' },
  CLUSTER_FORBIDDEN: {
    exit: 2,
    help: 'Bind the ClusterRole of manifests/components/scan (check --live needs the verb get instead), or choose another namespace with -n.'
  },
  NAMESPACE_UNKNOWN: { exit: 2, help: 'Check -n and --context: it may be one of another cluster.' },
  REPORT_NOT_STORED: {
    exit: 2,
    help: 'It takes the CRDs of the API, the rights of manifests/components/scan-reports, and no report of somebody else called holdfast.'
  },
  CLUSTER_INCOMPLETE: { exit: 2, help: 'Run it again; what was read before was checked.' },
  RECREATE_REFUSED: { exit: 1, help: 'Nothing was changed; docs/recreate.md says more about each reason.' },
  RECREATE_STOPPED: { exit: 2, help: 'Run the same command again: it goes on from what is there.' },
  STATE_UNUSABLE: { exit: 2, help: 'Check --save-dir: the directory has to be writable, and what is in it ours.' },
  PORT_UNAVAILABLE: { exit: 2, help: 'Choose another one with --port or --health-port.' }
} as const satisfies Record<string, { readonly status?: number; readonly exit?: number; readonly help: string }>

export type ErrorCode = keyof typeof ERRORS

/** Of a sentence, in characters: it may quote what somebody wrote. */
const LONGEST = 2000

/** An error that a user can do something about. Its message holds no line that is not meant as one. */
export class HoldfastError extends Error {
  readonly code: ErrorCode

  /**
   * @param what happened, as a sentence without its full stop; the code and its help are put behind it
   * @param options with `list`, what is told one below the other behind the sentence
   */
  constructor(code: ErrorCode, what: string, options: ErrorOptions & { readonly list?: readonly string[] } = {}) {
    const { list, ...others } = options
    const [sentence, help] = [oneLine(what, LONGEST), `${ERRORS[code].help} [${code}]`]
    const items = list?.map((item) => `  ${oneLine(item, LONGEST)}\n`)
    super(items === undefined ? `${sentence}. ${help}` : `${sentence}:\n${items.join('')}${help}`, others)
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
