import { Option } from 'commander'

export interface InitFlags {
  readonly force?: true
}

export const INIT_FLAGS = [new Option('--force', 'replace an existing file')]
