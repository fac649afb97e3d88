// Errors
export { MoralDirectionError } from "./errors.ts";
