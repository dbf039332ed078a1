// Writes a description of Notion's API, as OpenAPI has it, out of the types and the table of endpoints that Notion's own client
// ships (MIT). usage: node notion_description.mjs FILE
import { readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const require = createRequire(import.meta.url)
const folder = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/@notionhq/client/build/src/api-endpoints')
const options = { type: '*', skipTypeCheck: true, expose: 'all', jsDoc: 'none', encodeRefs: true, additionalProperties: false }
const schemas = createGenerator({ ...options, path: `${folder}/*.d.ts` }).createSchema('*').definitions

// The types serve all versions of the API: what the version of today has no more is left out.
const GONE = { AppendBlockChildrenBodyParameters: ['after'] }
for (const [name, schema] of Object.entries(schemas)) {
  if (/^(View|QuickFilter)/.test(name) && /^#.*Record.*never/.test(schema.$ref ?? '')) schemas[name] = { type: 'object' } // said nowhere
  for (const each of partsOf(schema)) for (const field of ['archived', ...(GONE[name] ?? [])]) leaveOut(each, field)
}

function partsOf(schema) {
  if (schema === null || typeof schema !== 'object') return []
  return [schema, ...Object.values(schema).flatMap(partsOf)]
}

function leaveOut(schema, field) {
  if (schema.type !== 'object' || !schema.properties) return
  delete schema.properties[field]
  schema.required = schema.required?.filter((each) => each !== field)
}

const named = (name) => ({ $ref: `#/components/schemas/${name}` })

function asOperation(name, endpoint) {
  const own = name[0].toUpperCase() + name.slice(1)
  const query = schemas[`${own}QueryParameters`] ?? {}
  const body = schemas[`${own}BodyParameters`]
  const form = schemas[`${own}FormDataParameters`]
  const said = { operationId: name, parameters: endpoint.queryParams.map((each) => asParameter(each, query)) }
  if (form) said.requestBody = { required: true, content: { 'multipart/form-data': { schema: named(`${own}FormDataParameters`) } } }
  if (body) {
    const required = !(body.anyOf ?? [body]).some((each) => !each.required?.length)
    said.requestBody = { required, content: { 'application/json': { schema: named(`${own}BodyParameters`) } } }
  }
  const answer = schemas[`${own}Response`]
  said.responses = answer ? { 200: { content: { 'application/json': { schema: named(`${own}Response`) } } } } : {}
  return said
}

function asParameter(name, query) {
  const required = (query.required ?? []).includes(name)
  return { in: 'query', name, required, schema: query.properties?.[name] ?? {} }
}

const paths = {}
for (const file of readdirSync(folder).filter((each) => each.endsWith('.js'))) {
  for (const [name, endpoint] of Object.entries(require(join(folder, file)))) {
    const inPath = Object.fromEntries(endpoint.pathParams.map((each) => [each, `{${each}}`]))
    const path = `/v1/${endpoint.path(inPath)}`
    paths[path] = { ...paths[path], [endpoint.method]: asOperation(name, endpoint) }
  }
}
const text = JSON.stringify({ openapi: '3.1.0', paths, components: { schemas } })
writeFileSync(process.argv[2], text.replaceAll('#/definitions/', '#/components/schemas/'))
