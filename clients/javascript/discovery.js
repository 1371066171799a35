// Contact discovery of socialvideo: what a client calculates. Pure, but for the randomness of blinds.
// The protocol is in docs/discovery.md, vectors for other languages are in clients/vectors.

import { ed25519, ristretto255, ristretto255_hasher, ristretto255_oprf } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { parsePhoneNumberFromString } from 'libphonenumber-js/max'

const BITS = 50
const ELEMENT = 32
const voprf = ristretto255_oprf.voprf
const HASH_TO_GROUP = 'HashToGroup-OPRFV1-\x01-ristretto255-SHA512'

/** The number in E.164, or null when it cannot be one. `region` is where a number without + is from. */
export function normalise(text, region = '') {
  const written = text.normalize('NFKC').trim()
  if (written.length > 40 || /\p{L}/u.test(written)) return null
  const number = parsePhoneNumberFromString(written, { defaultCountry: region.toUpperCase() || undefined, extract: false })
  return number?.isPossible() && number.number.length > 7 ? number.number : null
}

/** Hide numbers: `elements` is sent, the rest stays here until `unblind`. */
export function blind(numbers) {
  const items = numbers.map((number) => {
    const input = utf8ToBytes(number)
    return { number, input, ...voprf.blind(input) }
  })
  return { items, elements: concatBytes(...items.map((item) => item.blinded)) }
}

/** Blind one number with a given scalar (32 bytes, little-endian). Only to check what somebody else evaluated. */
export function blindWith(number, scalar) {
  const input = utf8ToBytes(number)
  const point = ristretto255_hasher.hashToCurve(input, { DST: HASH_TO_GROUP })
  const times = ristretto255.Point.Fn.fromBytes(scalar)
  return { number, input, blind: scalar, blinded: point.multiply(times).toBytes() }
}

/** The tag of each number. Throws unless the answer was made with the epoch's published key, and then nothing of it
 * may be used: a key of one's own would mark a person. */
export function unblind({ items }, answer, publicKey) {
  const proof = answer.slice(items.length * ELEMENT)
  const evaluated = items.map((_, place) => answer.slice(place * ELEMENT, (place + 1) * ELEMENT))
  const outputs = voprf.finalizeBatch(
    items.map((item, place) => ({ ...item, evaluated: evaluated[place] })),
    publicKey,
    proof,
  )
  return items.map((item, place) => ({ number: item.number, tag: outputs[place].slice(0, 32) }))
}

/** The first 50 bits of a tag. */
export function prefix(tag) {
  return Number(BigInt('0x' + bytesToHex(tag.slice(0, 7))) >> 6n)
}

/** A set of prefixes as the API takes it: sorted gaps, Golomb-Rice coded. */
export function encodeSet(prefixes) {
  const members = [...new Set(prefixes)].sort((one, other) => one - other)
  const low = members.length ? BITS - (32 - Math.clz32(members.length - 1)) : 0
  let bits = ''
  let before = 0
  for (const member of members) {
    const gap = member - before
    before = member
    bits += '1'.repeat(Math.floor(gap / 2 ** low)) + '0'
    if (low) bits += (gap % 2 ** low).toString(2).padStart(low, '0')
  }
  const body = new Uint8Array(Math.ceil(bits.length / 8))
  for (let place = 0; place < bits.length; place++) {
    if (bits[place] === '1') body[place >> 3] |= 128 >> (place & 7)
  }
  const header = new Uint8Array(5)
  new DataView(header.buffer).setUint32(0, members.length)
  header[4] = low
  return concatBytes(header, body)
}

/** JSON with sorted keys and no spaces: what is signed. */
export function canonical(content) {
  if (Array.isArray(content)) return `[${content.map(canonical).join(',')}]`
  if (content === null || typeof content !== 'object') return JSON.stringify(content)
  const members = Object.keys(content).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(content[name])}`).join(',')}}`
}

/** The content without its signature. Throws unless this key (hexadecimal) signed all of it. */
export function signedBy(content, statementKey) {
  const { signature, ...rest } = content
  const value = Uint8Array.from(atob(signature?.value ?? ''), (character) => character.charCodeAt(0))
  if (!ed25519.verify(value, utf8ToBytes(canonical(rest)), hexToBytes(statementKey))) {
    throw new Error('it was not signed by the pinned key')
  }
  return rest
}

/** Check a statement of absence offline. Throws unless it proves, in every epoch that it names, that the number is not
 * among the leaves under the signed root. */
export function verifyAbsence(statement, number, statementKey) {
  const { kind, epochs } = signedBy(statement, statementKey)
  require(kind === 'absence' && epochs.length > 0, 'it is no statement of absence')
  for (const epoch of epochs) {
    const root = signedBy(epoch.root, statementKey)
    require(root.epoch === epoch.epoch, 'the root is of another epoch')
    const items = [blindWith(number, hexToBytes(epoch.blind))]
    // Made as tags are, with the other key.
    const [{ tag: leaf }] = unblind({ items }, hexToBytes(epoch.evaluated + epoch.proof), hexToBytes(root.leaf_key))
    requireBeside(bytesToHex(leaf), epoch.beside, root)
  }
  return epochs.map((epoch) => epoch.epoch)
}

/** Throws unless these leaves are neighbours in the tree, and `key` would stand between them. Hexadecimal. */
function requireBeside(key, beside, root) {
  if (root.tree_size === 0) {
    require(beside.length === 0 && root.root_hash === bytesToHex(sha256(new Uint8Array())), 'the tree is not empty')
    return
  }
  for (const place of beside) require(climb(place, root.tree_size) === root.root_hash, 'a leaf is not under the root')
  const [first, second] = beside
  if (beside.length === 2) {
    require(second.index === first.index + 1 && first.leaf < key && key < second.leaf, 'the leaves leave no gap')
  } else {
    const beforeAll = first.index === 0 && key < first.leaf
    const afterAll = first.index === root.tree_size - 1 && first.leaf < key
    require(beside.length === 1 && (beforeAll || afterAll), 'the leaf is not at the end')
  }
}

/** The root to which a leaf's path leads (RFC 9162 §2.1.3.2). */
function climb({ leaf, index, path }, size) {
  require(Number.isInteger(index) && index >= 0 && index < size, 'a leaf has no place in the tree')
  const rest = path.map(hexToBytes)
  let made = sha256(concatBytes(Uint8Array.of(0), hexToBytes(leaf)))
  let here = index
  for (let last = size - 1; last > 0; here = Math.floor(here / 2), last = Math.floor(last / 2)) {
    if (here % 2 === 0 && here === last) continue
    require(rest.length > 0, 'a path is too short')
    const sibling = rest.shift()
    const [left, right] = here % 2 ? [sibling, made] : [made, sibling]
    made = sha256(concatBytes(Uint8Array.of(1), left, right))
  }
  require(rest.length === 0, 'a path is too long')
  return bytesToHex(made)
}

function require(holds, fault) {
  if (!holds) throw new Error(fault)
}
