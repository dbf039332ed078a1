// The script through `@notionhq/client` of npm, Notion's own: every endpoint with an asserted result.
// Usage: node notion_script.mjs '{"url": …, "token": …}'; it ends with 0 and "told", or with the first failed assertion.
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { Client, collectPaginatedAPI, verifyWebhookSignature } from "@notionhq/client"

const it = JSON.parse(process.argv[2])
const script = JSON.parse(readFileSync(new URL("notion_script.json", import.meta.url), "utf8"))
const notion = new Client({ auth: it.token, baseUrl: it.url, notionVersion: "2026-03-11", retry: false })

const text = content => [{ type: "text", text: { content } }]
const title = content => ({ title: { title: text(content) } })
const paragraph = content => ({ type: "paragraph", paragraph: { rich_text: text(content) } })
const texts = blocks => blocks.map(each => each[each.type].rich_text.map(part => part.plain_text).join(""))
const ids = found => found.results.map(each => each.id)

async function control(path, body) {
  const headers = { "Content-Type": "application/json" }
  return (await fetch(it.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json()
}

async function users() {
  assert.equal((await notion.users.me({})).id, it.bot)
  const everybody = (await collectPaginatedAPI(notion.users.list, { page_size: 1 })).map(user => user.id)
  assert.ok(everybody.includes(it.person) && everybody.includes(it.bot))
  assert.equal((await notion.users.retrieve({ user_id: it.person })).name, "Ada Example")
  const emojis = await notion.customEmojis.list({ name: "party", page_size: 10 })
  assert.deepEqual(emojis.results.map(each => each.name), ["party"])
}

async function page() {
  const made = await notion.pages.create({
    parent: { page_id: it.home }, properties: title(script.title), icon: script.icon, cover: script.cover,
    children: script.blocks,
  })
  const read = await notion.pages.retrieve({ page_id: made.id, filter_properties: ["title"] })
  assert.equal(read.properties.title.title[0].plain_text, script.title)
  assert.deepEqual([read.icon.emoji, read.cover.external], [script.icon.emoji, script.cover.external])
  return made.id
}

async function blocks(report) {
  const there = await collectPaginatedAPI(notion.blocks.children.list, { block_id: report, page_size: 5 })
  assert.deepEqual(there.map(each => each.type), script.blocks.map(each => each.type))
  const inside = await notion.blocks.children.list({ block_id: there[3].id })
  const deepest = await notion.blocks.children.list({ block_id: inside.results[0].id })
  assert.deepEqual(texts(deepest.results), ["deepest"])
  await notion.blocks.children.append({ block_id: report, children: [paragraph("end"), paragraph("gone")] })
  const start = { type: "start" }
  await notion.blocks.children.append({ block_id: report, children: [paragraph("start")], position: start })
  const position = { type: "after_block", after_block: { id: there[0].id } }
  await notion.blocks.children.append({ block_id: report, children: [paragraph("second")], position })
  const now = (await notion.blocks.children.list({ block_id: report, page_size: 100 })).results
  assert.deepEqual(texts(now.slice(0, 3)), ["start", "Numbers", "second"])
  const last = now[now.length - 1].id
  assert.deepEqual(texts([await notion.blocks.retrieve({ block_id: last })]), ["gone"])
  assert.equal((await notion.blocks.delete({ block_id: last })).in_trash, true)
  const checked = await notion.blocks.update({ block_id: there[2].id, to_do: { checked: true } })
  assert.equal(checked.to_do.checked, true)
}

async function changes(report) {
  const renamed = await notion.pages.update({ page_id: report, properties: title(script.renamed), icon: null })
  assert.equal(renamed.icon, null)
  for (const flag of ["is_locked", "is_archived"])
    for (const on of [true, false])
      assert.equal((await notion.pages.update({ page_id: report, [flag]: on }))[flag], on)
  const parent = { page_id: it.home }
  const position = { type: "page_start" }
  const moved = await notion.pages.create({ parent, properties: title("Moved"), position })
  const there = await notion.pages.move({ page_id: moved.id, parent: { page_id: report } })
  assert.equal(there.parent.page_id, report)
  const trashed = await notion.pages.create({ parent, properties: title("Thrown away") })
  assert.equal((await notion.pages.update({ page_id: trashed.id, in_trash: true })).in_trash, true)
}

async function tables() {
  const made = await notion.databases.create({
    parent: { type: "page_id", page_id: it.home }, title: text("Ideas"), description: text("What people want"),
    initial_data_source: { properties: script.schema },
  })
  const source = (await notion.databases.retrieve({ database_id: made.id })).data_sources[0].id
  const named = await notion.databases.update({ database_id: made.id, title: text("All ideas") })
  assert.equal(named.title[0].plain_text, "All ideas")
  const second = await notion.dataSources.create({
    parent: { database_id: made.id }, title: text("Second"), properties: { Name: { title: {} } },
  })
  const archive = await notion.dataSources.update({ data_source_id: second.id, title: text("Archive") })
  assert.equal(archive.title[0].plain_text, "Archive")
  const read = await notion.dataSources.retrieve({ data_source_id: source })
  assert.deepEqual(Object.keys(read.properties).sort(), Object.keys(script.schema).sort())
  const changed = await notion.dataSources.update({ data_source_id: source, properties: script.schema_change })
  assert.deepEqual(Object.keys(changed.properties).sort(), script.columns_after)
  const scraps = await notion.databases.create({
    parent: { type: "page_id", page_id: it.home }, title: text("Scraps"),
    initial_data_source: { properties: { Name: { title: {} } } },
  })
  assert.equal((await notion.databases.update({ database_id: scraps.id, in_trash: true })).in_trash, true)
  return source
}

async function rows(source) {
  const template = await control("/_templates", { ...script.template, data_source_id: source })
  const listed = await notion.dataSources.listTemplates({ data_source_id: source, name: "brief" })
  assert.deepEqual(listed.templates.map(each => each.id), [template.id])
  const parent = { data_source_id: source }
  const monday = { Name: { title: text("Monday") } }
  const filled = await notion.pages.create({ parent, properties: monday, template: { type: "default" } })
  const inside = await notion.blocks.children.list({ block_id: filled.id })
  assert.deepEqual(inside.results.map(each => each.type), ["heading_1", "to_do"])
  const made = []
  for (const properties of script.rows) made.push((await notion.pages.create({ parent, properties })).id)
  const asked = { data_source_id: source, filter: script.filter, sorts: script.sorts, page_size: 2 }
  const found = await collectPaginatedAPI(notion.dataSources.query, asked)
  assert.deepEqual(found.map(row => row.properties.Name.title[0].plain_text), script.found)
  const long = Array.from({ length: 30 }, (_, number) => text(`${number} `)[0])
  await notion.pages.update({ page_id: made[0], properties: { Note: { rich_text: long } } })
  const note = (await notion.pages.retrieve({ page_id: made[0] })).properties.Note
  const item = { page_id: made[0], property_id: note.id, page_size: 20 }
  const whole = await collectPaginatedAPI(notion.pages.properties.retrieve, item)
  assert.deepEqual([note.rich_text.length, whole.length], [25, 30])
  const changed = (await notion.pages.update({ page_id: made[1], properties: script.row_change })).properties
  assert.deepEqual([changed.Status.status.name, changed.Kind.select], ["Done", null])
  await notion.pages.update({ page_id: made[2], in_trash: true })
}

async function views(source) {
  const database_id = (await notion.dataSources.retrieve({ data_source_id: source })).parent.database_id
  const place = { database_id, data_source_id: source }
  const order = { filter: script.filter, sorts: script.sorts }
  const made = await notion.views.create({ ...place, name: "By effort", type: "table", ...order })
  const other = await notion.views.create({ ...place, name: "Too many", type: "list" })
  assert.ok(ids(await notion.views.list({ data_source_id: source })).includes(made.id))
  const renamed = await notion.views.update({ view_id: made.id, name: "Most effort first" })
  assert.equal(renamed.name, "Most effort first")
  assert.deepEqual((await notion.views.retrieve({ view_id: made.id })).sorts, script.sorts)
  const asked = await notion.views.queries.create({ view_id: made.id, page_size: 2 })
  const query = { view_id: made.id, query_id: asked.id }
  const rest = await notion.views.queries.results({ ...query, start_cursor: asked.next_cursor })
  assert.deepEqual([asked.total_count, asked.results.length, rest.results.length], [3, 2, 1])
  assert.equal((await notion.views.queries.delete(query)).deleted, true)
  await notion.views.delete({ view_id: other.id })
  assert.ok(!ids(await notion.views.list({ database_id })).includes(other.id))
}

async function search(report, source) {
  const pages = await notion.search({ query: "final", filter: { property: "object", value: "page" }, page_size: 10 })
  assert.deepEqual(ids(pages), [report])
  const sources = await notion.search({ filter: { property: "object", value: "data_source" }, page_size: 10 })
  assert.ok(ids(sources).includes(source))
}

async function comments(report) {
  const first = await notion.comments.create({ parent: { page_id: report }, rich_text: text("one") })
  const reply = await notion.comments.create({ discussion_id: first.discussion_id, rich_text: text("two") })
  const block_id = (await notion.blocks.children.list({ block_id: report })).results[0].id
  await notion.comments.create({ parent: { block_id }, rich_text: text("here") })
  const extra = await notion.comments.create({ parent: { page_id: report }, rich_text: text("gone") })
  const changed = await notion.comments.update({ comment_id: reply.id, rich_text: text("three") })
  assert.equal(changed.rich_text[0].plain_text, "three")
  await notion.comments.delete({ comment_id: extra.id })
  const read = await notion.comments.retrieve({ comment_id: reply.id })
  assert.equal(read.discussion_id, first.discussion_id)
  const listed = await notion.comments.list({ block_id: report })
  assert.deepEqual(listed.results.map(each => each.rich_text[0].plain_text), ["one", "three"])
}

async function uploads(report) {
  const uploads = notion.fileUploads
  const file = (filename, content) => ({ filename, data: new Blob([content], { type: "text/plain" }) })
  const about = filename => ({ filename, content_type: "text/plain" })
  const single = (await uploads.create({ mode: "single_part", ...about("a.txt") })).id
  const sent = await uploads.send({ file_upload_id: single, file: file("a.txt", "hello") })
  assert.deepEqual([sent.status, sent.content_length], ["uploaded", 5])
  const many = (await uploads.create({ mode: "multi_part", ...about("b.txt"), number_of_parts: 2 })).id
  for (const part_number of ["1", "2"])
    await uploads.send({ file_upload_id: many, file: file("b.txt", `part${part_number}`), part_number })
  assert.equal((await uploads.complete({ file_upload_id: many })).content_length, 10)
  assert.deepEqual(ids(await uploads.list({ status: "uploaded" })).sort(), [single, many].sort())
  const shown = id => ({ type: "file", file: { type: "file_upload", file_upload: { id } } })
  await notion.blocks.children.append({ block_id: report, children: [shown(single), shown(many)] })
  const external = (name, external_url) => uploads.create({ mode: "external_url", filename: name, external_url })
  const far = await external("c.txt", "https://127.0.0.1:9/c.txt")
  const failed = await uploads.retrieve({ file_upload_id: far.id })
  assert.deepEqual([failed.status, failed.file_import_result.type], ["failed", "error"])
  const near = await external("d.txt", it.file_url)
  assert.equal((await uploads.retrieve({ file_upload_id: near.id })).status, "uploaded")
}

async function markdown() {
  const made = await notion.pages.create({
    parent: { page_id: it.home }, properties: title("Plan"), markdown: script.markdown,
  })
  const page_id = made.id
  const read = await notion.pages.retrieveMarkdown({ page_id })
  assert.deepEqual([read.truncated, read.markdown.includes("- [x] done")], [false, true])
  const edit = (type, payload, more) => notion.pages.updateMarkdown({ page_id, type, [type]: payload, ...more })
  await edit("replace_content", { new_str: script.markdown_new })
  const changed = await edit("update_content", { content_updates: [{ old_str: "Other", new_str: "Better" }] })
  assert.ok(changed.markdown.includes("Better words."))
  await edit("insert_content", { content: script.markdown_end })
  let task = await edit("insert_content", { content: script.markdown_later }, { allow_async: true })
  assert.equal(task.object, "async_task")
  for (let turn = 0; turn < 5; turn++) task = await notion.asyncTasks.retrieve({ task_id: task.id })
  assert.deepEqual([task.status, task.result.markdown.includes(script.markdown_later)], ["succeeded", true])
}

async function agree() {
  const asked = { client_id: it.client_id, response_type: "code", redirect_uri: it.callback, state: "s" }
  const url = `${it.url}/v1/oauth/authorize?${new URLSearchParams(asked)}`
  const answer = await fetch(url, { redirect: "manual" })
  return new URL(answer.headers.get("location")).searchParams.get("code")
}

async function grants() {
  const who = { client_id: it.client_id, client_secret: it.client_word }
  const code = { grant_type: "authorization_code", code: await agree(), redirect_uri: it.callback }
  const first = await notion.oauth.token({ ...who, ...code })
  assert.equal(first.owner.user.id, it.person)
  await webhooks()
  const again = { grant_type: "refresh_token", refresh_token: first.refresh_token }
  const second = await notion.oauth.token({ ...who, ...again })
  const token = second.access_token
  assert.equal((await notion.oauth.introspect({ ...who, token })).active, true)
  await notion.oauth.revoke({ ...who, token })
  assert.equal((await notion.oauth.introspect({ ...who, token })).active, false)
}

async function webhooks() {
  const taken = []
  let heard = () => {}
  const server = createServer((request, answer) => {
    const parts = []
    request.on("data", part => parts.push(part))
    request.on("end", () => {
      taken.push({ signature: request.headers["x-notion-signature"], body: Buffer.concat(parts).toString("utf8") })
      answer.end()
      heard()
    })
  })
  await new Promise(done => server.listen(0, "127.0.0.1", done))
  const url = `http://127.0.0.1:${server.address().port}/hook`
  const made = await control("/_subscriptions", { url, client_id: it.client_id })
  const verificationToken = JSON.parse(taken.shift().body).verification_token
  await control(`/_subscriptions/${made.id}/verify`, { verification_token: verificationToken })
  const delivered = new Promise(done => (heard = done))
  await notion.pages.update({ page_id: it.home, properties: title("Workspace home") })
  await delivered
  const { body, signature } = taken[0]
  assert.equal(JSON.parse(body).entity.id, it.home)
  assert.equal(await verifyWebhookSignature({ body, signature, verificationToken }), true)
  assert.equal(await verifyWebhookSignature({ body: body + " ", signature, verificationToken }), false)
  assert.equal(await verifyWebhookSignature({ body, signature, verificationToken: "guess" }), false)
  server.closeAllConnections()
  server.close()
}

await users()
const report = await page()
await blocks(report)
await changes(report)
const source = await tables()
await rows(source)
await views(source)
await search(report, source)
await comments(report)
await uploads(report)
await markdown()
await grants()
console.log("told")
