import { cacheableJson } from '../http/http-response.js'
import { endpointRoutes, type Route } from '../http/route.js'

/** Serves a metadata document at its paths, with and without a trailing slash, because clients differ. */
export function metadataRoutes(paths: readonly string[], document: () => object): Route[] {
  return paths
    .flatMap((path) => [path, `${path}/`])
    .flatMap((path) => {
      const answer = () => cacheableJson(document())
      return endpointRoutes({ path, methods: { GET: answer, HEAD: answer }, cors: true })
    })
}
