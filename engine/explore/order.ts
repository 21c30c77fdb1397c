/**
 * Which steps of a state a search looks at.
 *
 * @module
 */

/**
 * What happens next in a state.
 *
 * - `all`: whatever can
 * - `owner`: if a vCPU is loaded, only its steps
 * - `transactions`: only states in which none is loaded; from load to put is one step
 */
export type Order = "all" | "owner" | "transactions";
