// SPDX-License-Identifier: Apache-2.0
// compare.mjs OUTPUTS_OF FILE|FOLDER...: what each ONNX network gives on random inputs, against ONNX Runtime: one line a
// network, exit 1 where an output is off by more than 1e-4 of its largest. Ends with 77 ("skipped") where the npm package
// onnxruntime-node is not found: ONNXRUNTIME_NODE names its folder, `npm install --ignore-scripts onnxruntime-node` gets it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const tolerance = 1e-4
const halfTolerance = 1e-2  // it computes in float16, microtome in float32
const types = {
  float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int16: Int16Array,
  uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int64: BigInt64Array, uint64: BigUint64Array,
}

function otherRuntime() {
  try {
    const runtime = createRequire(import.meta.url)(process.env.ONNXRUNTIME_NODE ?? 'onnxruntime-node')
    return runtime
  } catch (failure) {
    console.log(`skipped: no onnxruntime-node (${String(failure.message).split('\n')[0]})`)
    process.exit(77)
  }
}

function networksIn(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).sort().flatMap((name) => {
    const inside = join(path, name)
    return statSync(inside).isDirectory() || name.endsWith('.onnx') ? networksIn(inside) : []
  })
}

const floatsOf = (folder, array) => {
  const bytes = readFileSync(join(folder, array.file))
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

// To float16 and back, by its bits: of numbers in its normal range, rounded towards zero, which floats of 0..1 that were
// made of halves survive.
const bits = new DataView(new ArrayBuffer(4))
function halfOf(value) {
  bits.setFloat32(0, value)
  const whole = bits.getUint32(0)
  const exponent = ((whole >>> 23) & 255) - 112
  return exponent <= 0 ? 0 : ((whole >>> 16) & 0x8000) | (exponent << 10) | ((whole >>> 13) & 1023)
}
function ofHalf(half) {
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024))
}

// Where the file fixes a batch above 1, every picture of it is the same. A vector has no batch.
function feedOf(runtime, folder, array, declared) {
  let values = floatsOf(folder, array)
  const shape = [...array.shape]
  if (declared?.shape?.length === 1 && shape.length === 2) shape.shift()
  const wanted = declared?.shape?.[0]
  if (typeof wanted === 'number' && shape.length > 1 && shape[0] === 1 && wanted > 1) {
    shape[0] = wanted
    const one = values
    values = new Float32Array(wanted * one.length)
    for (let i = 0; i < wanted; ++i) values.set(one, i * one.length)
  }
  const type = declared?.type ?? array.type
  if (type === 'bool') return new runtime.Tensor('bool', Uint8Array.from(values), shape)
  if (type === 'float16') return new runtime.Tensor('float16', Uint16Array.from(values, halfOf), shape)
  const Kind = types[type]
  const whole = Kind === BigInt64Array || Kind === BigUint64Array
  return new runtime.Tensor(type, whole ? Kind.from(values, (value) => BigInt(Math.trunc(value))) : Kind.from(values), shape)
}

// The largest difference, as a share of the largest expected value, or of 0.001 where that is less: what a sigmoid makes
// of numbers far below 0 is noise.
function difference(found, expected) {
  let apart = 0
  let largest = 0
  for (let i = 0; i < found.length; ++i) {
    const right = Number(expected[i])
    if (Number.isNaN(right) && Number.isNaN(found[i])) continue
    if (right === found[i]) { largest = Math.max(largest, Number.isFinite(right) ? Math.abs(right) : 0); continue }
    apart = Math.max(apart, Math.abs(right - found[i]))
    largest = Math.max(largest, Math.abs(right))
    if (Number.isNaN(apart)) return Infinity
  }
  return apart === 0 ? 0 : apart / Math.max(largest, 1e-3)
}

function judge(run, results, folder) {
  const words = []
  let right = true
  for (const output of run.outputs) {
    const other = results[output.name]
    if (other === undefined) { words.push(`${output.name}: only here`); continue }
    const found = floatsOf(folder, output)
    const batch = output.shape.length === other.dims.length && other.dims[0] > 1 ? other.dims[0] / output.shape[0] : 1
    if (found.length * batch !== other.data.length && found.length !== other.data.length) {
      words.push(`${output.name}: [${output.shape}] here, [${other.dims}] there`)
      right = false
      continue
    }
    const half = other.type === 'float16'
    const apart = difference(found, half ? Float32Array.from(other.data, ofHalf) : other.data)
    right &&= apart <= (half ? halfTolerance : tolerance)
    words.push(`${output.name}: ${apart.toExponential(1)}`)
  }
  return { right, words }
}

async function compare(runtime, program, file) {
  const folder = mkdtempSync(join(tmpdir(), 'microtome-outputs-'))
  try {
    const ran = spawnSync(program, [file, folder], { encoding: 'utf8', timeout: 120_000 })
    if (ran.status !== 0) return ['refused', ran.stderr.trim() || `ended by ${ran.signal}`]
    const run = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
    if (run.outputs.length === 0) return ['cut', run.notes.join(' ')]
    let results
    try {
      const session = await runtime.InferenceSession.create(file, { logSeverityLevel: 4 })
      const declared = new Map(session.inputMetadata.map((input) => [input.name, input]))
      const feeds = {}
      for (const array of run.inputs) {
        if (declared.has(array.name)) feeds[array.name] = feedOf(runtime, folder, array, declared.get(array.name))
      }
      results = await session.run(feeds)
    } catch (failure) {
      return ['alone', `ONNX Runtime: ${String(failure.message).split('\n')[0]}`]
    }
    const { right, words } = judge(run, results, folder)
    return [right ? 'same' : 'differs', [...words, ...run.notes].join('; ')]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const [program, ...paths] = process.argv.slice(2)
const runtime = otherRuntime()
const files = paths.flatMap(networksIn)
const counts = {}
for (const file of files) {
  const [verdict, words] = await compare(runtime, program, file)
  counts[verdict] = (counts[verdict] ?? 0) + 1
  console.log(`${verdict}\t${file}\t${words.replaceAll('\n', ' ')}`)
}
console.log(`${files.length} networks: ${Object.entries(counts).map(([verdict, count]) => `${count} ${verdict}`).join(', ')}`)
process.exit(counts.differs || !counts.same ? 1 : 0)
