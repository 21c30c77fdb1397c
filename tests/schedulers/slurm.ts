/**
 * A Slurm cluster of this machine alone, for tests: munge, slurmctld and slurmd, on loopback and with files of their
 * own.
 *
 * @module
 */

import { run as runToEnd } from "../packaged.ts";

/** Programs of Debian's slurm-wlm and munge. */
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "sinfo"];

/** Where Debian has daemons, which need not be on the path. */
const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/sbin`;

/** Longest wait for the node to be idle, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Why there can be no cluster here; undefined if there can. */
export function slurmLacks(): string | undefined {
  if (Deno.build.os !== "linux") return "Slurm is for Linux";
  if (Deno.uid() !== 0) return "slurmd must be started by root";
  for (const program of PROGRAMS) {
    const { success } = new Deno.Command("sh", {
      args: ["-c", `command -v ${program}`],
      env: { PATH },
      stdout: "null",
    }).outputSync();
    if (!success) return `there is no ${program}: apt install slurm-wlm`;
  }
  return undefined;
}

/** Two ports that are free now. */
function freePorts(): [number, number] {
  const listeners = [0, 0].map(() =>
    Deno.listen({ hostname: "127.0.0.1", port: 0 })
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return [ports[0], ports[1]];
}

/** A running cluster. */
export class Slurm implements AsyncDisposable {
  readonly #daemons: Deno.ChildProcess[] = [];

  private constructor(readonly folder: string) {}

  /** Starts one, and waits until its node takes jobs. */
  static async start(folder: string): Promise<Slurm> {
    const slurm = new Slurm(folder);
    try {
      await slurm.#begin();
    } catch (error) {
      await slurm[Symbol.asyncDispose]();
      throw error;
    }
    return slurm;
  }

  async #begin(): Promise<void> {
    const { folder } = this;
    const host = Deno.hostname().split(".")[0];
    const [control, node] = freePorts();
    for (const name of ["state", "spool", "munge"]) {
      await Deno.mkdir(`${folder}/${name}`, { mode: 0o755 });
    }
    // munged refuses folders that others may write, which a temporary folder is below.
    const socket = `${folder}/munge/socket`;
    const key = crypto.getRandomValues(new Uint8Array(128));
    await Deno.writeFile(`${folder}/munge/key`, key, { mode: 0o600 });
    const lines = [
      "ClusterName=dregs",
      `SlurmctldHost=${host}(127.0.0.1)`,
      "SlurmUser=root",
      "AuthType=auth/munge",
      `AuthInfo=socket=${socket}`,
      // Without these the daemons listen on every interface.
      "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
      `SlurmctldPort=${control}`,
      `SlurmdPort=${node}`,
      `StateSaveLocation=${folder}/state`,
      `SlurmdSpoolDir=${folder}/spool`,
      `SlurmctldPidFile=${folder}/slurmctld.pid`,
      `SlurmdPidFile=${folder}/slurmd.pid`,
      `SlurmctldLogFile=${folder}/slurmctld.log`,
      `SlurmdLogFile=${folder}/slurmd.log`,
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "JobAcctGatherType=jobacct_gather/none",
      "AccountingStorageType=accounting_storage/none",
      "MailProg=/bin/true",
      "SelectType=select/cons_tres",
      "SelectTypeParameters=CR_CPU",
      "ReturnToService=2",
      `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
      `PartitionName=all Nodes=${host} Default=YES MaxTime=UNLIMITED State=UP`,
    ];
    await Deno.writeTextFile(`${folder}/slurm.conf`, `${lines.join("\n")}\n`);
    this.#spawn("munged", [
      "--foreground",
      "--force",
      `--socket=${socket}`,
      `--key-file=${folder}/munge/key`,
      `--log-file=${folder}/munge/log`,
      `--pid-file=${folder}/munge/pid`,
      `--seed-file=${folder}/munge/seed`,
      "--num-threads=2",
    ]);
    await this.#until(() => exists(socket), "munged");
    this.#spawn("slurmctld", ["-D", "-f", `${folder}/slurm.conf`]);
    this.#spawn("slurmd", ["-D", "-f", `${folder}/slurm.conf`, "-N", host]);
    await this.#until(async () => {
      const { code, stdout } = await this.run("sinfo", ["-h", "-o", "%T"]);
      return code === 0 && stdout.trim() === "idle";
    }, "the node");
  }

  #spawn(program: string, args: readonly string[]): void {
    this.#daemons.push(
      new Deno.Command(program, {
        args: [...args],
        env: this.#env(),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn(),
    );
  }

  #env(): Record<string, string> {
    return { PATH, SLURM_CONF: `${this.folder}/slurm.conf` };
  }

  async #until(
    isSo: () => Promise<boolean>,
    what: string,
  ): Promise<void> {
    const begun = Date.now();
    while (!await isSo()) {
      if (Date.now() - begun > PATIENCE_MS) {
        throw new Error(`${what} is not ready after ${PATIENCE_MS} ms`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Runs a program of Slurm's to its end. */
  async run(
    program: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number; readonly stdout: string }> {
    // A job that no node can take waits for ever.
    const { code, stdout, stderr } = await runToEnd(
      ["timeout", "300", program, ...args],
      { cwd: this.folder, env: { ...this.#env(), ...env } },
    );
    return { code, stdout: stdout + stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons.toReversed()) {
      try {
        daemon.kill("SIGTERM");
      } catch {
        // It has ended.
      }
      await daemon.status;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
