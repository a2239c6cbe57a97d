// Made of docs/openapi.json by `npm run types`; not to be written by hand.

export interface components {
    schemas: {
        AnswerGiven: {
            answer: components["schemas"]["AnswerWord"];
            fingerprint: string;
        };
        AnswerWord: "once" | "session" | "no";
        AuditPage: {
            more: boolean;
            receipts: unknown[];
        };
        Bad: {
            flaw: string;
            record: number;
            text: string;
        };
        Cell: {
            capability: string;
            layer: string;
            rule: string;
            verdict: string;
        };
        ChangeList: {
            files: components["schemas"]["FileChange"][];
        };
        Check: {
            cure?: string | null;
            name: string;
            state: string;
            text: string;
        };
        Checks: {
            checks: components["schemas"]["Check"][];
        };
        Choice: {
            mode?: string | null;
            model?: string | null;
        };
        Code: {
            code: string;
            expires: string;
            link: string;
        };
        ContextPart: {
            bytes: number;
            part: string;
        };
        Counted: {
            counted: boolean;
        };
        Entry: {
            bytes: number;
            changed?: string | null;
            kind: string;
            name: string;
        };
        EventPage: {
            events: unknown[];
            first: number;
            last: number;
            total: number;
        };
        ExportFormat: "json" | "md";
        FileChange: {
            bytes_before?: number | null;
            bytes_now?: number | null;
            diff?: string | null;
            kind: string;
            path: string;
            turn: number;
        };
        FileContent: {
            bytes: number;
            bytes_base64?: string | null;
            cut: boolean;
            kind: string;
            media_type?: string | null;
            path: string;
            text?: string | null;
        };
        Folder: {
            name: string;
            path: string;
            writable: boolean;
        };
        FolderListing: {
            cut: boolean;
            entries: components["schemas"]["Entry"][];
            path: string;
        };
        Found: {
            paths: string[];
        };
        Grant: {
            by: string;
            capability: string;
            created: string;
            expires?: string | null;
            id: string;
            scope: string;
            session?: string | null;
            tool?: string | null;
        };
        GrantList: {
            grants: components["schemas"]["Grant"][];
        };
        Image: {
            bytes: string;
            media_type: string;
        };
        Key: {
            from?: string | null;
            name: string;
            set: boolean;
        };
        Login: {
            expires: string;
            token: string;
        };
        LoginCode: {
            code: string;
        };
        Matrix: {
            rows: components["schemas"]["Row"][];
        };
        ModelChoice: {
            model: string;
        };
        ModelPrice: {
            input: number;
            model: string;
            output: number;
        };
        ModelTest: {
            completion: components["schemas"]["Tried"];
            error?: string | null;
            model: string;
            ok: boolean;
            session: string;
            tool_call: components["schemas"]["Tried"];
            usage: components["schemas"]["Tokens"];
        };
        NewGrant: {
            capability: string;
            expires: string | null;
            scope: components["schemas"]["Scope"];
            session: string | null;
            tool: string | null;
        };
        NewKey: {
            value: string;
        };
        NewSecret: {
            host: string;
            methods: string[];
            value: string;
        };
        NewSettings: {
            digest: string;
            text: string;
        };
        Problem: {
            error: components["schemas"]["Told"];
        };
        Prompt: {
            images?: components["schemas"]["Image"][];
            text: string;
        };
        Provider: {
            key?: components["schemas"]["Key"] | null;
            missing?: string | null;
            models: string[];
            name: string;
            origin?: string | null;
            prices: components["schemas"]["ModelPrice"][];
            ready: boolean;
            text: string;
        };
        ProviderList: {
            default_model?: string | null;
            providers: components["schemas"]["Provider"][];
        };
        Question: {
            asked?: string | null;
            call: string;
            changes?: string | null;
            effects: string[];
            expires?: string | null;
            fingerprint: string;
            flow?: string | null;
            input: unknown;
            remembered: string[];
            session: string;
            tool: string;
        };
        QuestionList: {
            questions: components["schemas"]["Question"][];
        };
        Row: {
            built_in: boolean;
            cells: components["schemas"]["Cell"][];
            tool: string;
        };
        Scope: "session" | "workspace" | "always";
        SecretCard: {
            host: string;
            methods: string[];
            name: string;
            set: string;
        };
        SecretList: {
            secrets: components["schemas"]["SecretCard"][];
        };
        SessionCard: {
            damage?: string | null;
            events: number;
            holder?: string | null;
            id: string;
            started: string;
            state: components["schemas"]["SessionState"];
            title: string;
            turns: number;
            updated: string;
        };
        SessionDetail: {
            context: components["schemas"]["ContextPart"][];
            cost_micro_dollars?: number | null;
            damage?: string | null;
            events: number;
            holder?: string | null;
            id: string;
            mode?: string | null;
            model?: string | null;
            origin?: string | null;
            questions: components["schemas"]["Question"][];
            started: string;
            state: components["schemas"]["SessionState"];
            title: string;
            turns: number;
            updated: string;
            usage: components["schemas"]["Tokens"];
        };
        SessionList: {
            sessions: components["schemas"]["SessionCard"][];
        };
        SessionState: "idle" | "running" | "waiting" | "elsewhere" | "damaged";
        SettingValue: {
            key: string;
            origin: string;
            value: string;
        };
        Settings: {
            digest: string;
            path: string;
            problem?: string | null;
            restart_needed: boolean;
            text: string;
            values: components["schemas"]["SettingValue"][];
        };
        Span: {
            answer?: string | null;
            bytes: number;
            call?: string | null;
            cost_micro_dollars?: number | null;
            effects: number;
            kind: components["schemas"]["SpanKind"];
            label?: unknown;
            micros: number;
            name: string;
            outcome?: string | null;
            refused: number;
            start_micros: number;
            step?: number | null;
            usage?: components["schemas"]["Tokens"] | null;
        };
        SpanKind: "model" | "tool" | "approval";
        Status: {
            access: string;
            default_model?: string | null;
            epoch: string;
            folders: components["schemas"]["Folder"][];
            found?: string | null;
            left_out: string[];
            models: string[];
            modes: string[];
            started: string;
            trust: string;
            version: string;
            waiting: number;
            wall: components["schemas"]["Wall"];
            workspace: string;
            workspace_id: string;
        };
        Step: {
            at: string;
            rule?: string | null;
        };
        Tokens: {
            input: number;
            output: number;
        };
        Told: {
            busy_with?: string | null;
            code: string;
            cure?: string | null;
            message: string;
        };
        ToolCard: {
            built_in: boolean;
            description: string;
            digest: string;
            effects: string[];
            input_schema: unknown;
            level: string;
            limits: string[];
            name: string;
            origin: string;
            permissions: string[];
            summary: string;
            version: string;
        };
        ToolList: {
            tools: components["schemas"]["ToolCard"][];
        };
        TouchedList: {
            lines: string[];
        };
        Trace: {
            turns: components["schemas"]["TraceTurn"][];
        };
        TraceTurn: {
            cost_micro_dollars?: number | null;
            critical: number[];
            micros: number;
            model: string;
            reason?: string | null;
            spans: components["schemas"]["Span"][];
            started: string;
            turn: number;
            usage: components["schemas"]["Tokens"];
        };
        Tried: {
            millis: number;
            ok: boolean;
            text: string;
        };
        Trust: {
            digest?: string | null;
            files: components["schemas"]["TrustedFile"][];
            policy: string[];
            problem?: string | null;
            state: string;
            tools: string[];
            what: string[];
        };
        TrustGiven: {
            digest: string;
        };
        TrustedFile: {
            digest: string;
            path: string;
        };
        Verdict: {
            bad?: components["schemas"]["Bad"] | null;
            checkpoints: number;
            covered: number;
            intact: boolean;
            journal?: string | null;
            key?: string | null;
            problems: string[];
            records: number;
            remarks: string[];
        };
        Wall: {
            state: components["schemas"]["WallState"];
            text: string;
        };
        WallState: "enforced" | "missing";
        Why: {
            built_in: boolean;
            effect: string;
            instead?: string | null;
            needs?: string | null;
            opening?: string | null;
            rule: string;
            steps: components["schemas"]["Step"][];
            tool?: string | null;
            verdict: string;
        };
        WhyQuestion: {
            agent: string | null;
            effect: string;
            mode?: string | null;
            tool: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
