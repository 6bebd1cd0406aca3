/**
 * What we take of @kubernetes/client-node. It is loaded when a connection is asked for. A module of its own, so that the
 * bundle keeps the connection and drops the 700 models: a dynamic import of the package itself would keep all of it.
 */
export { KubeConfig } from '@kubernetes/client-node'
