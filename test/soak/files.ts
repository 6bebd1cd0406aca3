import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A directory as kubelet lays out a Secret or a ConfigMap: the files are links through `..data`, swapped in one step. */
export class Volume {
  readonly directory: string
  #version = 0
  #last: string | undefined

  constructor(directory: string, files: Readonly<Record<string, string>>) {
    this.directory = directory
    mkdirSync(directory)
    this.publish(files)
    for (const name of Object.keys(files)) symlinkSync(join('..data', name), join(directory, name))
  }

  publish(files: Readonly<Record<string, string>>): void {
    const folder = `..version-${this.#version++}`
    mkdirSync(join(this.directory, folder))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.directory, folder, name), text)
    symlinkSync(folder, join(this.directory, '..data_tmp'))
    renameSync(join(this.directory, '..data_tmp'), join(this.directory, '..data'))
    if (this.#last !== undefined) rmSync(join(this.directory, this.#last), { recursive: true })
    this.#last = folder
  }

  path(name: string): string {
    return join(this.directory, name)
  }
}
