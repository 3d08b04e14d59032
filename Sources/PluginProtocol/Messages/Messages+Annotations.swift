// SPDX-License-Identifier: Apache-2.0

extension InitializeCall: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("contractVersions", "The versions of the contract that the host speaks.") {
                $0.minItems = 1
            },
            FieldAnnotation("hostVersion", "The version of Gatehouse."),
            FieldAnnotation("plugin", "The plugin's name in the table."),
            FieldAnnotation("configuration", "config of its row, with the manifest's defaults."),
            FieldAnnotation("parts", "The parts that are on."),
            FieldAnnotation("dataDirectory", "The folder that the plugin may write in."),
            FieldAnnotation("limits", "What the host takes in."),
        ]
    }
}

extension InitializeCall.Limits: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("lineBytes", "The longest line with its line break, in bytes."),
            FieldAnnotation("messageBytes", "The longest message in chunks, in bytes."),
        ]
    }
}

extension InitializeCall.Answer: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("contractVersion", "The version chosen: the highest that both sides speak."),
            FieldAnnotation("name", "The plugin's name for itself."),
            FieldAnnotation("version", "The plugin's version."),
        ]
    }
}

extension HandleCall: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("callToken", "For calls in the client's name; it dies with the answer."),
            FieldAnnotation("method", "The HTTP method."),
            FieldAnnotation("path", "The path, as it was sent."),
            FieldAnnotation("query", "The query without its question mark; empty where there is none."),
            FieldAnnotation("headers", "The headers in order, each a name in lower case and a value."),
            FieldAnnotation("body", "The body, where it is text in UTF-8."),
            FieldAnnotation("bodyBase64", "The body in Base64, where it is not."),
            FieldAnnotation("client", "Who sent the request."),
            FieldAnnotation("listener", "The plugin's own listener that it came in on; null for the host's."),
            FieldAnnotation("secure", "Whether the connection is private: TLS."),
        ]
    }
}

extension HandleCall.Client: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("address", "The client's address."),
            FieldAnnotation("userAgent", "What it calls itself; empty where it does not say."),
        ]
    }
}

extension HandleAnswer: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("status", "The HTTP status.") {
                $0.minimum = 200
                $0.maximum = 599
            },
            FieldAnnotation("headers", "The headers in order, each a name and a value.") {
                $0.maxItems = mostHeaders
            },
            FieldAnnotation("cookies", "The cookies; the host adds Secure, HttpOnly and SameSite=Strict.") {
                $0.maxItems = mostCookies
            },
            FieldAnnotation("body", "The body, where it is text in UTF-8."),
            FieldAnnotation("bodyBase64", "The body in Base64, where it is not."),
        ]
    }
}

extension HandleAnswer.Cookie: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("name", "Its name, one that the route names in the manifest."),
            FieldAnnotation("value", "Its value; empty to take it back."),
            FieldAnnotation("maxAge", "Seconds that it lasts; null for as long as the browser runs."),
        ]
    }
}

extension PollCall: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("poll", "The poll's name in the manifest."),
            FieldAnnotation("at", "When it was due, in ISO 8601."),
        ]
    }
}

extension ConfigureCall: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [FieldAnnotation("configuration", "config of its row, with the manifest's defaults.")]
    }
}

extension PartsChangedCall: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [FieldAnnotation("parts", "The parts that are on from now.")]
    }
}

extension EventNotice: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("topic", "What it is about, such as machine.changed."),
            FieldAnnotation("data", "What it says."),
        ]
    }
}

extension JobCancelNotice: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] { [FieldAnnotation("job", "The job that is to stop.")] }
}

extension ChunkNotice: SchemaAnnotated {
    /// What each field is.
    package static var annotations: [FieldAnnotation] {
        [
            FieldAnnotation("of", "Which message it is a piece of: any text that its sender uses for no other then.") {
                $0.maxLength = Message.longestID
            },
            FieldAnnotation("number", "Its place, from zero.") { $0.minimum = 0 },
            FieldAnnotation("last", "Whether the message ends with it."),
            FieldAnnotation("text", "The piece of the message's text."),
        ]
    }
}
