// node synchronise.js <url> <token> <statement key, hexadecimal> <region>
// Sends the numbers of standard input, one a line, as contacts, and prints how many were taken and who was matched.

import { readFileSync } from 'node:fs'
import { DiscoveryClient } from './client.js'

const [url, token, statementKey, region] = process.argv.slice(2)
const client = new DiscoveryClient({ url, token, region, statementKey })
const received = await client.synchronise(readFileSync(0, 'utf8').split('\n').filter(Boolean))
console.log(JSON.stringify({ received, matches: (await client.matches()).map((match) => match.person.handle) }))
