/**
 * The parts of an A2A message, in the one shape that this package works with.
 *
 * @module
 */

/** Free-form data that travels with a message or a part. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A piece of text. */
export interface TextPart {
  /** The discriminator. */
  readonly kind: "text";
  /** The text itself. */
  readonly text: string;
  /** What came with the part. */
  readonly metadata?: Metadata;
}

/** A file, by address or by its bytes. */
export interface FilePart {
  /** The discriminator. */
  readonly kind: "file";
  /** Where the file is, or what is in it. */
  readonly file: {
    /** Its name as the sender gave it: never a path to trust. */
    readonly name?: string;
    /** Its MIME type as the sender gave it. */
    readonly mimeType?: string;
    /**
     * Its address. Of a message's only uploads and hosts that the operator named are fetched; in a reply, a `file:` address
     * or a path stands for a file in the outbox directory of the turn.
     */
    readonly uri?: string;
    /** Its content in base64. */
    readonly bytes?: string;
    /** Its size in bytes, as the sender gave it. */
    readonly size?: number;
  };
  /** What came with the part. */
  readonly metadata?: Metadata;
}

/** A piece of structured data. */
export interface DataPart {
  /** The discriminator. */
  readonly kind: "data";
  /** Any JSON. */
  readonly data: unknown;
  /** What came with the part. */
  readonly metadata?: Metadata;
}

/** One part of a message. */
export type Part = TextPart | FilePart | DataPart;
