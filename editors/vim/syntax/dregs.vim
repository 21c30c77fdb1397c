" Vim syntax file
" Language: dregs
" Generated from the rows of the language by `deno task docs`.
if exists("b:current_syntax")
  finish
endif

" A hyphen joins words: linux-5.4.120, linked-address.
syntax iskeyword @,48-57,_,-

syntax keyword dregsStatement always arch bound choose either expect explore fail finally for guest host include interrupt kernel kind known let migrate never on or preempt put repeat require restore rule run scenario set show signals user vcpu why
syntax keyword dregsWord any arm64 as between break breakpoint capability check cost debug enable error exception exceptions exit get handler init loss map mask miss msr nmi no none not off ok pmu raw refused save serror skip step stop swbreak timer trap traps vgic warning watch watchpoint with without x86
syntax keyword dregsView bare cpu hw kvm
syntax keyword dregsInstruction brk cli clrex cpuid eret exec hlt hvc hypercall icebp in ins int int1 int3 iret isb jump ldxr load lock movs movss out outs popf pushf rdmsr read rep rmw smc sti store stos stxr svc syscall sysret taskswitch ud2 write wrmsr xbegin xend
syntax match dregsRegister "\c\<\%(contextidr\|contextidr_el1\|contextidr_el2\|cr4\|dbgauthstatus\|dbgauthstatus_el1\|dbgbcr\d*\|dbgbcr\d*_el1\|dbgbvr\d*\|dbgbvr\d*_el1\|dbgclaimclr\|dbgclaimclr_el1\|dbgclaimset\|dbgclaimset_el1\|dbgdtr\|dbgdtr_el0\|dbgdtrrx\|dbgdtrrx_el0\|dbgdtrtx\|dbgdtrtx_el0\|dbgprcr\|dbgprcr_el1\|dbgvcr32\|dbgvcr32_el2\|dbgwcr\d*\|dbgwcr\d*_el1\|dbgwvr\d*\|dbgwvr\d*_el1\|debugctl\|debugregs\|dr4\|dr5\|dr6\|dr7\|dr\d*\|id_aa64dfr0\|id_aa64dfr0_el1\|id_aa64dfr1\|id_aa64dfr1_el1\|id_dfr0\|id_dfr0_el1\|mdccint\|mdccint_el1\|mdccsr\|mdccsr_el0\|mdcr\|mdcr_el2\|mdrar\|mdrar_el1\|mdscr\|mdscr_el1\|mdselr\|mdselr_el1\|osdlr\|osdlr_el1\|osdtrrx\|osdtrrx_el1\|osdtrtx\|osdtrtx_el1\|oseccr\|oseccr_el1\|oslar\|oslar_el1\|oslsr\|oslsr_el1\|pstate\|rflags\|vcpu_events\)\>"
syntax match dregsKernel "\<\%(linux\|rhel\)-\d\+\%(\.\d\+\)*"
syntax match dregsKernel "\%(\<kernel\s\+\)\@<=\a\S*"
syntax match dregsField "\.\zs\h\w*"
syntax match dregsField "\<\h\w*\ze=[^=]"
syntax match dregsNumber "\<\%(0[xX][0-9a-fA-F_]\+\|0[bB][01_]\+\|\d[0-9_]*\)\>"
syntax match dregsOperator "\s\zs-\ze\s\|[+*/%&|^<>=!@]"
syntax region dregsString start=+"+ skip=+\\.+ end=+"+ oneline contains=dregsEmbedded
syntax region dregsEmbedded start="{" end="}" contained oneline contains=dregsNumber,dregsOperator
syntax match dregsComment "#.*$" contains=dregsRule,@Spell
syntax match dregsRule "\<\%(arm64\|x86\):\u\d*\%(/[0-9.]\+\)\?" contained

highlight default link dregsStatement Statement
highlight default link dregsWord Keyword
highlight default link dregsView Type
highlight default link dregsInstruction Function
highlight default link dregsRegister Identifier
highlight default link dregsKernel Constant
highlight default link dregsField Special
highlight default link dregsNumber Number
highlight default link dregsOperator Operator
highlight default link dregsString String
highlight default link dregsEmbedded Special
highlight default link dregsComment Comment
highlight default link dregsRule Underlined

let b:current_syntax = "dregs"
