/**
 * The language server: which request is answered by what. It reads files and writes none.
 *
 * @module
 */
import { format } from "../dsl/print/format.ts";
import { pathReader, type Reader } from "../dsl/load.ts";
import {
  type CodeActionParams,
  type Connection,
  type ExecuteCommandParams,
  type InitializeParams,
  type InitializeResult,
  LSPErrorCodes,
  MessageType,
  ResponseError,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  type TextEdit,
} from "vscode-languageserver";
import { quickFixes } from "./actions.ts";
import type { Analysis } from "./analysis.ts";
import { completionsAt, documented } from "./completion.ts";
import { diagnosticsOf } from "./diagnostics.ts";
import { OpenDocument, rangeOf } from "./document.ts";
import { pathOf } from "./files.ts";
import { hoverAt } from "./hover.ts";
import {
  definitionAt,
  referencesAt,
  renamableAt,
  renameAt,
  RenameProblem,
} from "./names.ts";
import {
  COMMANDS,
  isBad,
  Results,
  type RunArguments,
  summary,
} from "./results.ts";
import { type RunKernel, runnablesOf } from "./run.ts";
import { LEGEND, semanticTokens, tokensDelta } from "./semantic_tokens.ts";
import { foldsOf, matchingSymbols, symbolsOf } from "./symbols.ts";

/** What the server needs of the world. */
export interface World {
  readonly version: string;
  /** The text of a file; undefined if it cannot be read. */
  read(path: string): string | undefined;
  /** Paths beside a file that begin with a text; a folder ends in `/`. */
  files(beside: string, prefix: string): readonly string[];
  /** Kernels by the words of `--kernel`. @throws {Error} with a message for people */
  kernels(words: string): Promise<readonly (RunKernel | undefined)[]>;
  /** Words that name kernels, to choose from. */
  kernelWords(): Promise<readonly string[]>;
}

/** Kernels under which a scenario is run where none is chosen. */
const OTHER_KERNELS = "lts";

/** The commands that a client can execute. */
const COMMAND_NAMES: readonly string[] = Object.values(COMMANDS);

/** The request of a client that lets a person choose a kernel. */
export const KERNELS_REQUEST = "dregs/kernels";

/** An open document, with what was run in it. */
interface Open {
  readonly document: OpenDocument;
  readonly results: Results;
  /** Semantic tokens that were sent, with their name. */
  tokens: { readonly id: string; readonly chunks: Analysis["chunks"] };
}

/** Answers the requests of one client. */
class Server {
  readonly #open = new Map<string, Open>();
  readonly #reader: Reader;
  #tokenLists = 0;
  #isClosed = false;

  constructor(readonly connection: Connection, readonly world: World) {
    this.#reader = pathReader((path) =>
      this.#openText(path) ?? world.read(path)
    );
  }

  /** The text of an open file, which may differ from what is on the disk. */
  #openText(path: string): string | undefined {
    for (const { document } of this.#open.values()) {
      if (document.name === path) return document.text;
    }
    return undefined;
  }

  /** Answers requests until the client ends. */
  listen(): void {
    const { connection } = this;
    connection.onInitialize((params) => this.#capabilities(params));
    connection.onDidOpenTextDocument(({ textDocument }) => {
      const { uri, version, text } = textDocument;
      this.#open.get(uri)?.document.close();
      const document = new OpenDocument(
        uri,
        pathOf(uri),
        version,
        text,
        this.#reader,
        (changed) => this.#publish(changed),
      );
      const tokens = { id: "", chunks: [] };
      this.#open.set(uri, { document, results: new Results(), tokens });
      this.#rereadOthers(uri);
    });
    connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
      const { uri, version } = textDocument;
      this.#open.get(uri)?.document.update(contentChanges, version);
      this.#rereadOthers(uri);
    });
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => {
      this.#open.get(uri)?.document.close();
      this.#open.delete(uri);
      void connection.sendDiagnostics({ uri, diagnostics: [] });
      this.#rereadOthers(uri);
    });
    connection.onDidChangeWatchedFiles(({ changes }) => {
      for (const { uri } of changes) this.#rereadOthers(uri);
    });
    this.#listenToRequests();
    connection.listen();
  }

  /** Ends the connection: what is being read or run is of no use any more. */
  close(): void {
    this.#isClosed = true;
    for (const { document } of this.#open.values()) document.close();
    this.#open.clear();
    this.connection.dispose();
  }

  /** Reads the documents again that include a file. */
  #rereadOthers(uri: string): void {
    const path = pathOf(uri);
    for (const { document } of this.#open.values()) {
      if (document.uri !== uri && document.includes(path)) document.reread();
    }
  }

  #capabilities(_params: InitializeParams): InitializeResult {
    return {
      capabilities: {
        textDocumentSync: {
          openClose: true,
          change: TextDocumentSyncKind.Incremental,
        },
        completionProvider: {
          triggerCharacters: [" ", ".", "=", "@", ",", '"', "/"],
          resolveProvider: true,
        },
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        documentHighlightProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        workspaceSymbolProvider: true,
        foldingRangeProvider: true,
        documentFormattingProvider: true,
        codeActionProvider: { codeActionKinds: ["quickfix"] },
        codeLensProvider: { resolveProvider: true },
        inlayHintProvider: true,
        executeCommandProvider: { commands: [...COMMAND_NAMES] },
        semanticTokensProvider: {
          legend: LEGEND,
          full: { delta: true },
          range: false,
        },
      },
      serverInfo: { name: "dregs", version: this.world.version },
    };
  }

  /** Tells the client what is wrong in a document. */
  #publish(document: OpenDocument): void {
    if (this.#isClosed) return;
    const { uri, version, analysis } = document;
    const results = this.#open.get(uri)?.results;
    const failed = analysis && results
      ? results.diagnostics(document, analysis)
      : [];
    void this.connection.sendDiagnostics({
      uri,
      version,
      diagnostics: [...diagnosticsOf(document), ...failed],
    });
  }

  /** Does something with an open document, when it has been read. */
  async #with<T>(
    uri: string,
    work: (document: OpenDocument, analysis: Analysis, open: Open) => T,
  ): Promise<Awaited<T> | null> {
    const open = this.#open.get(uri);
    if (!open) return null;
    const { document } = open;
    return await work(document, await document.ready(), open);
  }

  /** The same at a position, as an offset. */
  #at<T>(
    { textDocument, position }: TextDocumentPositionParams,
    work: (document: OpenDocument, analysis: Analysis, offset: number) => T,
  ): Promise<Awaited<T> | null> {
    return this.#with(
      textDocument.uri,
      (document, analysis) =>
        work(document, analysis, document.lines.offsetAt(position)),
    );
  }

  #listenToRequests(): void {
    const { connection, world } = this;
    connection.onCompletion(({ textDocument: { uri }, position }) => {
      const document = this.#open.get(uri)?.document;
      return document
        ? completionsAt(
          document,
          position,
          (prefix) => world.files(document.name, prefix),
        )
        : null;
    });
    connection.onCompletionResolve(documented);
    connection.onHover((params) =>
      this.#at(params, (...at) => hoverAt(...at) ?? null)
    );
    connection.onDefinition((params) =>
      this.#at(params, (...at) => definitionAt(...at) ?? null)
    );
    connection.onReferences((params) =>
      this.#at(
        params,
        (...at) => referencesAt(...at, params.context.includeDeclaration),
      )
    );
    connection.onDocumentHighlight((params) =>
      this.#at(
        params,
        (...at) =>
          referencesAt(...at, true).filter(({ uri }) =>
            uri === params.textDocument.uri
          ).map(({ range }) => ({ range })),
      )
    );
    connection.onPrepareRename((params) =>
      this.#at(params, (document, analysis, offset) => {
        const found = renamableAt(analysis, offset);
        return found
          ? rangeOf(document, analysis, found.place.chunk, found.span)
          : null;
      })
    );
    connection.onRenameRequest((params) =>
      this.#at(params, (document, analysis, offset) => {
        try {
          const edits = renameAt(document, analysis, offset, params.newName);
          return edits ? { changes: { [document.uri]: edits } } : null;
        } catch (error) {
          if (!(error instanceof RenameProblem)) throw error;
          return new ResponseError(LSPErrorCodes.RequestFailed, error.message);
        }
      })
    );
    connection.onDocumentSymbol(({ textDocument: { uri } }) =>
      this.#with(uri, symbolsOf)
    );
    connection.onWorkspaceSymbol(({ query }) =>
      [...this.#open.values()].flatMap(({ document }) =>
        document.analysis
          ? matchingSymbols(document, document.analysis, query)
          : []
      )
    );
    connection.onFoldingRanges(({ textDocument: { uri } }) =>
      this.#with(uri, foldsOf)
    );
    connection.onDocumentFormatting(({ textDocument: { uri } }) => {
      const document = this.#open.get(uri)?.document;
      return document ? formatted(document) : null;
    });
    connection.onCodeAction((params: CodeActionParams) =>
      this.#with(
        params.textDocument.uri,
        (document, analysis) => quickFixes(document, analysis, params),
      )
    );
    connection.onCodeLens(({ textDocument: { uri } }) =>
      this.#with(
        uri,
        (document, analysis, { results }) => results.lenses(document, analysis),
      )
    );
    connection.onCodeLensResolve(async (lens) =>
      await this.#with(
        (lens.data as RunArguments)[0],
        (_document, analysis, { results }) => results.named(analysis, lens),
      ) ?? lens
    );
    connection.languages.inlayHint.on(({ textDocument: { uri }, range }) =>
      this.#with(
        uri,
        (document, analysis, { results }) =>
          results.hints(document, analysis, range),
      )
    );
    connection.languages.semanticTokens.on(async ({ textDocument: { uri } }) =>
      await this.#with(uri, (_document, analysis, open) => {
        open.tokens = this.#tokens(analysis);
        const { id, chunks } = open.tokens;
        return { resultId: id, data: semanticTokens(chunks) };
      }) ?? { data: [] }
    );
    connection.languages.semanticTokens.onDelta(async (
      { textDocument: { uri }, previousResultId },
    ) =>
      await this.#with(uri, (_document, analysis, open) => {
        const before = open.tokens;
        open.tokens = this.#tokens(analysis);
        const { id, chunks } = open.tokens;
        return before.id === previousResultId
          ? { resultId: id, edits: tokensDelta(before.chunks, chunks) }
          : { resultId: id, data: semanticTokens(chunks) };
      }) ?? { data: [] }
    );
    connection.onExecuteCommand((params) => this.#execute(params));
    connection.onRequest(KERNELS_REQUEST, () => world.kernelWords());
  }

  #tokens({ chunks }: Analysis): Open["tokens"] {
    return { id: `${++this.#tokenLists}`, chunks };
  }

  /** Runs what a lens stands above. */
  async #execute(
    { command, arguments: given }: ExecuteCommandParams,
  ): Promise<unknown> {
    const refused = (message: string) =>
      new ResponseError(LSPErrorCodes.RequestFailed, message);
    if (!COMMAND_NAMES.includes(command)) {
      return refused(
        `there is no command \`${command}\`: expected ${
          COMMAND_NAMES.join(" or ")
        }`,
      );
    }
    const [uri, index, asked] = (given ?? []) as readonly unknown[];
    const words = asked ??
      (command === COMMANDS.runUnder ? OTHER_KERNELS : undefined);
    if (
      typeof uri !== "string" || !isIndex(index) ||
      words !== undefined && typeof words !== "string"
    ) {
      return refused(
        `\`${command}\` needs a document, the number of a scenario in it, and the name of a kernel if it is another`,
      );
    }
    let kernels: readonly (RunKernel | undefined)[] = [undefined];
    try {
      if (words !== undefined) kernels = await this.world.kernels(words);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return refused(error.message);
    }
    if (!this.#open.has(uri)) return refused(`${uri} is not open`);
    return await this.#with(uri, async (document, analysis, { results }) => {
      const { length } = runnablesOf(analysis);
      if (index < 0 || index >= length) {
        return refused(
          length === 0
            ? `${uri} has no scenario`
            : `there is no scenario ${index} in ${uri}: they are 0 to ${
              length - 1
            }`,
        );
      }
      const outcomes = await results.run(document, analysis, index, kernels);
      if (this.#isClosed) return null;
      this.#publish(document);
      const text = summary(outcomes);
      const name = outcomes[0]?.name ?? "";
      void this.connection.sendNotification("window/showMessage", {
        type: outcomes.some(isBad) ? MessageType.Warning : MessageType.Info,
        message: `${name}: ${text}`,
      });
      await this.connection.sendRequest("workspace/codeLens/refresh").catch(
        // A client need not be able to.
        () => {},
      );
      return outcomes.map(({ name, kernel, status, failed }) => ({
        name,
        kernel,
        status,
        failed: failed.map(({ message, table }) => ({ message, table })),
      }));
    });
  }
}

function isIndex(value: unknown): value is number {
  return Number.isInteger(value);
}

/** The edits that make a document canonical; none if it has a line that the grammar does not take. */
function formatted({ name, text, lines }: OpenDocument): TextEdit[] {
  const result = format({ name, text });
  if (!result.ok || result.text === text) return [];
  let start = 0;
  while (start < text.length && text[start] === result.text[start]) start++;
  let left = 0;
  const shorter = Math.min(text.length, result.text.length) - start;
  while (
    left < shorter &&
    text[text.length - 1 - left] === result.text[result.text.length - 1 - left]
  ) left++;
  return [{
    range: {
      start: lines.positionAt(start),
      end: lines.positionAt(text.length - left),
    },
    newText: result.text.slice(start, result.text.length - left),
  }];
}

/**
 * Answers the requests of a client.
 *
 * @returns ends the connection, and what is being read or run for it
 */
export function serve(connection: Connection, world: World): () => void {
  const server = new Server(connection, world);
  server.listen();
  return () => server.close();
}
