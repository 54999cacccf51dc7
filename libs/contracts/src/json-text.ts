/** JSON in its textual form. It goes through the log as it is; whoever needs a value of it parses it. */
export type JsonText = string;
