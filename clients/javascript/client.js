// A client of the API: keys, evaluations, contacts, matches. It keeps tags in memory; an app keeps them on the device,
// by epoch, so that a number is evaluated once an epoch.

import { blind, encodeSet, normalise, prefix, signedBy, unblind } from './discovery.js'
import { hexToBytes } from '@noble/hashes/utils.js'

const BATCH = 1000
const OCTETS = 'application/octet-stream'

export class Refused extends Error {
  constructor(problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`)
    Object.assign(this, problem)
  }
}

export class DiscoveryClient {
  /** `statementKey` (hexadecimal) is pinned: built into the app, never read from the server. */
  constructor({ url, token, region = '', statementKey }) {
    Object.assign(this, { url, token, region, statementKey, tags: new Map() })
  }

  /** The newest epoch whose key the pinned key signed. */
  async epoch() {
    const said = await (await this.#ask('GET', 'keys')).json()
    return signedBy(said, this.statementKey).epochs.at(-1)
  }

  /** Have new numbers evaluated, and send all of them as contacts. `texts` is the address book as people wrote it. */
  async synchronise(texts) {
    const { epoch, public_key: publicKey } = await this.epoch()
    const numbers = [...new Set(texts.map((text) => normalise(text, this.region)).filter((number) => number !== null))]
    const fresh = numbers.filter((number) => !this.tags.has(`${epoch} ${number}`))
    for (let place = 0; place < fresh.length; place += BATCH) {
      const blinded = blind(fresh.slice(place, place + BATCH))
      const reply = await this.#ask('POST', `evaluations?epoch=${epoch}`, blinded.elements)
      const answer = new Uint8Array(await reply.arrayBuffer())
      for (const { number, tag } of unblind(blinded, answer, hexToBytes(publicKey))) {
        this.tags.set(`${epoch} ${number}`, tag)
      }
    }
    const set = encodeSet(numbers.map((number) => prefix(this.tags.get(`${epoch} ${number}`))))
    return (await (await this.#ask('PUT', `edges?epoch=${epoch}`, set)).json()).received
  }

  /** Everybody who has my number and whose number I have. */
  async matches() {
    const found = []
    let cursor = null
    do {
      const page = await (await this.#ask('GET', `matches${cursor ? `?cursor=${cursor}` : ''}`)).json()
      found.push(...page.data)
      cursor = page.next_cursor
    } while (cursor)
    return found
  }

  async #ask(method, path, body) {
    const headers = { Authorization: `Bearer ${this.token}`, ...(body ? { 'Content-Type': OCTETS } : {}) }
    const reply = await fetch(`${this.url}/api/v1/contacts/${path}`, { method, headers, body })
    if (!reply.ok) throw new Refused(await reply.json())
    return reply
  }
}
