/**
 * Grammar of the statements of a script that change or run the machine.
 *
 * @module
 */
import type { CstNode, ParserMethod } from "chevrotain";
import {
  HasNoOperand,
  HasOperand,
  keywordType as kw,
  MayHaveOperand,
  Name,
  NumberToken,
  ReadsRegister,
  VcpuOperation,
  WritesRegister,
} from "../tokens.ts";
import { PartRules } from "./parts.ts";

/** Rules of statements that change or run the machine. */
export class ScriptRules extends PartRules {
  readonly arch: ParserMethod<[], CstNode> = this.RULE("arch", () => {
    this.CONSUME(kw("arch"));
    this.CONSUME(Name);
  });

  readonly kernel: ParserMethod<[], CstNode> = this.RULE("kernel", () => {
    this.CONSUME(kw("kernel"));
    this.CONSUME(Name);
    this.OPTION({
      GATE: () => !this.isArgument() && !this.isChoice(),
      DEF: () => this.CONSUME2(Name, { LABEL: "vendor" }),
    });
    this.MANY({
      GATE: () => this.isChoice() || this.isArgument(),
      DEF: () => this.SUBRULE(this.kernelPart),
    });
  });

  /** A change, or an option. */
  readonly kernelPart: ParserMethod<[], CstNode> = this.RULE(
    "kernelPart",
    () => {
      this.OR([
        {
          GATE: () => !this.isArgument(),
          ALT: () => this.SUBRULE(this.choice),
        },
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => this.SUBRULE(this.argument),
        },
      ]);
    },
  );

  readonly host: ParserMethod<[], CstNode> = this.RULE("host", () => {
    this.CONSUME(kw("host"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      {
        GATE: () => !this.isArgument(),
        ALT: () => this.SUBRULE(this.break),
      },
      {
        GATE: () => !this.isArgument(),
        ALT: () => this.SUBRULE(this.watch),
      },
      {
        GATE: () => !this.isArgument(),
        ALT: () => this.CONSUME(kw("off")),
      },
      // In an explore block: the program of a CPU's host.
      { ALT: () => this.CONSUME(NumberToken, { LABEL: "program" }) },
      {
        GATE: () => this.isArgument(),
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.settings),
      },
    ]);
  });

  readonly settings: ParserMethod<[], CstNode> = this.RULE("settings", () => {
    this.AT_LEAST_ONE({
      GATE: () => this.isArgument(),
      DEF: () => this.SUBRULE(this.argument),
    });
  });

  readonly break: ParserMethod<[], CstNode> = this.RULE("break", () => {
    this.CONSUME(kw("break"));
    this.SUBRULE(this.expression);
  });

  readonly watch: ParserMethod<[], CstNode> = this.RULE("watch", () => {
    this.CONSUME(kw("watch"));
    this.SUBRULE(this.expression);
    this.SUBRULE(this.arguments);
  });

  readonly set: ParserMethod<[], CstNode> = this.RULE("set", () => {
    this.CONSUME(kw("set"));
    this.OR([
      {
        GATE: () => this.isSettings(),
        IGNORE_AMBIGUITIES: true,
        ALT: () => this.SUBRULE(this.settings),
      },
      // In a user program of an explore block.
      {
        ALT: () => {
          this.SUBRULE(this.register);
          this.SUBRULE(this.value);
        },
      },
    ]);
  });

  readonly guest: ParserMethod<[], CstNode> = this.RULE("guest", () => {
    this.CONSUME(kw("guest"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      { ALT: () => this.SUBRULE(this.instruction) },
      {
        ALT: () => {
          this.CONSUME(kw("handler"));
          this.CONSUME(Name);
        },
      },
    ]);
  });

  readonly instruction: ParserMethod<[], CstNode> = this.RULE(
    "instruction",
    () => {
      this.OR([
        {
          ALT: () => {
            this.CONSUME(WritesRegister, { LABEL: "word" });
            this.SUBRULE(this.register);
            this.SUBRULE(this.value);
          },
        },
        {
          ALT: () => {
            this.CONSUME(ReadsRegister, { LABEL: "word" });
            this.SUBRULE2(this.register);
            this.OPTION({
              GATE: () => !this.isArgument(),
              DEF: () => this.SUBRULE(this.as),
            });
            this.SUBRULE(this.arguments);
          },
        },
        {
          ALT: () => {
            this.CONSUME(HasOperand, { LABEL: "word" });
            this.SUBRULE(this.expression);
            this.SUBRULE2(this.arguments);
          },
        },
        {
          ALT: () => {
            this.CONSUME(MayHaveOperand, { LABEL: "word" });
            this.SUBRULE2(this.value);
          },
        },
        {
          ALT: () => {
            this.CONSUME(HasNoOperand, { LABEL: "word" });
            this.SUBRULE3(this.arguments);
          },
        },
      ]);
    },
  );

  readonly run: ParserMethod<[], CstNode> = this.RULE("run", () => {
    this.CONSUME(kw("run"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.SUBRULE(this.arguments);
  });

  readonly vcpuOperation: ParserMethod<[], CstNode> = this.RULE(
    "vcpuOperation",
    () => {
      this.CONSUME(VcpuOperation, { LABEL: "word" });
      this.OPTION(() => this.SUBRULE(this.at));
      this.SUBRULE(this.arguments);
    },
  );

  readonly user: ParserMethod<[], CstNode> = this.RULE("user", () => {
    this.CONSUME(kw("user"));
    this.OPTION(() => this.SUBRULE(this.at));
    this.OR([
      { ALT: () => this.SUBRULE(this.userGet) },
      { ALT: () => this.SUBRULE(this.userSet) },
      { ALT: () => this.CONSUME(kw("init")) },
      { ALT: () => this.SUBRULE(this.userCheck) },
      { ALT: () => this.SUBRULE(this.userDebug) },
      // In an explore block: the program of a vCPU's userspace.
      { ALT: () => this.CONSUME(NumberToken, { LABEL: "program" }) },
    ]);
  });

  readonly userGet: ParserMethod<[], CstNode> = this.RULE("userGet", () => {
    this.CONSUME(kw("get"));
    this.SUBRULE(this.register);
    this.OPTION(() => this.SUBRULE(this.as));
  });

  readonly userSet: ParserMethod<[], CstNode> = this.RULE("userSet", () => {
    this.CONSUME(kw("set"));
    this.SUBRULE(this.register);
    this.SUBRULE(this.value);
  });

  readonly userCheck: ParserMethod<[], CstNode> = this.RULE("userCheck", () => {
    this.CONSUME(kw("check"));
    this.CONSUME(Name);
    this.OPTION(() => this.SUBRULE(this.as));
  });

  readonly userDebug: ParserMethod<[], CstNode> = this.RULE("userDebug", () => {
    this.CONSUME(kw("debug"));
    this.OR([
      { ALT: () => this.SUBRULE(this.break) },
      { ALT: () => this.SUBRULE(this.watch) },
      { ALT: () => this.CONSUME(kw("step")) },
      { ALT: () => this.CONSUME(kw("swbreak")) },
      { ALT: () => this.CONSUME(kw("off")) },
      {
        ALT: () => {
          this.CONSUME(kw("raw"));
          this.SUBRULE(this.arguments);
        },
      },
    ]);
  });
}
