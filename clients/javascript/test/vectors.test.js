// The RFC's vectors and ours: node --test test/

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { ristretto255_oprf } from '@noble/curves/ed25519.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { blind, blindWith, encodeSet, normalise, prefix, unblind, verifyAbsence } from '../discovery.js'

const read = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'))
const { voprf } = ristretto255_oprf
const rfc = read('rfc9497')
const ours = read('discovery')
const bytes = (text) => hexToBytes(text)

test('the key pair of RFC 9497 A.1.2 is derived', () => {
  const keys = voprf.deriveKeyPair(bytes(rfc.seed), bytes(rfc.key_info))
  assert.deepEqual([bytesToHex(keys.secretKey), bytesToHex(keys.publicKey)], [rfc.secret_key, rfc.public_key])
})

for (const vector of rfc.vectors) {
  test(`RFC 9497 ${vector.section} is reproduced to the byte`, () => {
    const blinded = vector.inputs.map((input, place) => {
      const text = new TextDecoder('latin1').decode(bytes(input))
      return blindWith(text, bytes(vector.blinds[place]))
    })
    assert.deepEqual(blinded.map((item) => bytesToHex(item.blinded)), vector.blinded)
    const evaluated = blinded.map((item) => bytesToHex(ristretto255_oprf.oprf.blindEvaluate(bytes(rfc.secret_key), item.blinded)))
    assert.deepEqual(evaluated, vector.evaluated)
    const items = blinded.map((item, place) => ({ ...item, evaluated: bytes(vector.evaluated[place]) }))
    const outputs = voprf.finalizeBatch(items, bytes(rfc.public_key), bytes(vector.proof))
    assert.deepEqual(outputs.map(bytesToHex), vector.outputs)
  })
}

for (const { text, region, e164 } of ours.numbers) {
  test(`${JSON.stringify(text)} in ${JSON.stringify(region)} is ${e164}`, () => assert.equal(normalise(text, region), e164))
}

function batch() {
  const items = ours.tags.cases.map((one) => blindWith(one.number, bytes(one.blind)))
  return { items, answer: concatBytes(...ours.tags.cases.map((one) => bytes(one.evaluated)), bytes(ours.tags.proof)) }
}

test('our tags are made from numbers, blinds and the answer', () => {
  const { items, answer } = batch()
  assert.deepEqual(items.map((item) => bytesToHex(item.blinded)), ours.tags.cases.map((one) => one.blinded))
  const tags = unblind({ items }, answer, bytes(ours.tags.public_key))
  assert.deepEqual(tags.map(({ tag }) => bytesToHex(tag)), ours.tags.cases.map((one) => one.tag))
  assert.deepEqual(tags.map(({ tag }) => prefix(tag)), ours.tags.cases.map((one) => one.prefix))
})

test('an answer of another key is refused every time', () => {
  for (let number = 0; number < 10; number++) {
    const keys = voprf.generateKeyPair()
    const blinded = blind([`+1415555${number}`])
    const { evaluated, proof } = voprf.blindEvaluateBatch(keys.secretKey, keys.publicKey, [blinded.elements])
    assert.throws(() => unblind(blinded, concatBytes(...evaluated, proof), bytes(ours.tags.public_key)))
    assert.equal(unblind(blinded, concatBytes(...evaluated, proof), keys.publicKey).length, 1)
  }
})

test('an answer with any byte changed is refused', () => {
  const { items, answer } = batch()
  for (let place = 0; place < answer.length; place += 13) {
    const changed = answer.slice()
    changed[place] ^= 1
    assert.throws(() => unblind({ items }, changed, bytes(ours.tags.public_key)))
  }
  assert.throws(() => unblind({ items }, answer.slice(32), bytes(ours.tags.public_key)))
})

for (const { prefixes, bytes: encoded } of ours.sets) {
  test(`a set of ${prefixes.length} is encoded to the byte`, () => {
    assert.equal(bytesToHex(encodeSet(prefixes.toReversed())), encoded)
  })
}

const { statement, number, statement_key: key } = ours.absence

test('a statement of absence holds for its number alone', () => {
  assert.deepEqual(verifyAbsence(statement, number, key), [1])
  assert.throws(() => verifyAbsence(statement, '+447400999998', key))
})

test('a statement of absence holds with its own key alone', () => {
  assert.throws(() => verifyAbsence(statement, number, key.replace(/^../, '00')))
})

test('a statement with anything changed does not hold', () => {
  let count = 0
  const visit = (node, path) => {
    for (const [name, value] of Object.entries(node)) {
      if (value !== null && typeof value === 'object') {
        visit(value, [...path, name])
        continue
      }
      const changed = structuredClone(statement)
      const place = path.reduce((inner, step) => inner[step], changed)
      if (path.at(-1) === 'signature' && name !== 'value') continue // they say which key, and are not signed
      place[name] = typeof value === 'number' ? value + 1 : value.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
      if (name === 'value') place[name] = value.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
      assert.throws(() => verifyAbsence(changed, number, key), `${[...path, name]}`)
      count++
    }
  }
  visit(statement, [])
  assert.ok(count > 20)
})
