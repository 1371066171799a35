// node verify-absence.js statement.json +447400999999 <statement key, hexadecimal>
// Checks a statement of absence offline; the exit status is 1 when it does not hold.

import { readFileSync } from 'node:fs'
import { normalise, verifyAbsence } from './discovery.js'

const [file, text, key] = process.argv.slice(2)
try {
  const epochs = verifyAbsence(JSON.parse(readFileSync(file, 'utf8')), normalise(text), key)
  console.log(`The statement holds: the number is not under the signed roots of epochs ${epochs.join(', ')}.`)
} catch (fault) {
  console.log(`Does NOT hold: ${fault.message}`)
  process.exitCode = 1
}
