/** Devices and backends, and what they found; the command line. */
import type { MessageSpec } from "../message-spec.ts";

export const runningCodes = {
  "worker-failed": {
    severity: "error",
    message: "Device {rank} failed at {action}: {problem}.",
    remedy:
      "Run with --trace FILE to see what ran before, or on one device (--mesh 1) to see whether the model itself fails.",
  },
  "worker-crashed": {
    severity: "error",
    message: "The process that ran the devices ended by {signal}: {problem}.",
    remedy:
      "Compile with a lower --memory, or run on another --device, to tell a lack of memory from a fault of the backend.",
  },
  "device-crashed": {
    severity: "error",
    message: "The process of device {rank} ended by {signal} at {action}: {problem}.",
    remedy:
      "Compile with a lower --memory, or run on another --device, to tell a lack of memory from a fault of the backend.",
  },
  "no-shared-memory": {
    severity: "error",
    message: "No memory of {bytes} bytes for the exchange between devices: {problem}.",
    remedy: "Free some in /dev/shm, or run fewer devices at once.",
  },
  "exchange-by-sockets": {
    severity: "note",
    message:
      "The processes of devices exchange data by sockets, which are slower than a mapped file: {problem}.",
    remedy: "On Linux and macOS: npm install koffi.",
  },
  "worker-stuck": {
    severity: "error",
    message: "No progress for {seconds} s: {waits}.",
    remedy:
      "Allow more with --timeout SECONDS; where it comes again, the devices named wait for one another.",
  },
  "devices-cancelled": { severity: "note", message: "Cancelled: {devices}." },
  "unsupported-dtype": {
    severity: "error",
    message: "{backend} has no {dtype} for {value}.",
    remedy: "Cast it in the model, or run on another --backend.",
  },
  "backend-missing": {
    severity: "error",
    message: "{backend} is not available: {problem}.",
    remedy: "{remedy}",
  },
  "runs-on-host": { severity: "note", message: "{backend} leaves to the CPU: {call}." },
  "kernel-missing": {
    severity: "error",
    message: "{backend} cannot run {op} ({node}): {problem}.",
    remedy: "Use another --device or --backend onnxruntime.",
  },
  "verification-failed": {
    severity: "error",
    message: "{output} differs by {difference} (allowed {allowed}).",
    remedy:
      "`sbpc dump PLAN --why NAME` shows the layouts on the way; a right plan of a badly conditioned model needs --tolerance.",
  },
  "not-a-number": {
    severity: "error",
    message: "{value} holds a NaN first made by {node}.",
    remedy:
      "Look at the inputs of that node: a division by zero, a logarithm or root of a negative number, an overflow.",
  },
  usage: { severity: "error", message: "{problem}", remedy: "`sbpc help COMMAND` lists what it takes." },
} as const satisfies Record<string, MessageSpec>;
