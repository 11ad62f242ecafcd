package io.jubernetes.apiserver.request;

import io.jubernetes.common.time.Deadline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One request on its way through the server: what it asks, who asks, by when, and the warnings it
/// has gathered. Used by one thread at a time, but for [#settle].
public final class RequestContext {
    private final RequestInfo info;
    private final UserInfo user;
    private final String userAgent;
    private final Deadline deadline;
    private final List<String> warnings = new ArrayList<>();
    private final Map<String, String> annotations = new LinkedHashMap<>();
    private volatile Runnable onSettled = () -> {};

    public RequestContext(RequestInfo info, UserInfo user, String userAgent, Deadline deadline) {
        this.info = info;
        this.user = user;
        this.userAgent = userAgent;
        this.deadline = deadline;
    }

    public RequestInfo info() {
        return info;
    }

    public UserInfo user() {
        return user;
    }

    public String userAgent() {
        return userAgent;
    }

    public Deadline deadline() {
        return deadline;
    }

    /// Adds a text for the `Warning` header; repeated ones count once.
    public void warn(String text) {
        if (!warnings.contains(text)) {
            warnings.add(text);
        }
    }

    public List<String> warnings() {
        return Collections.unmodifiableList(warnings);
    }

    /// Sets what is told when the request goes on with next to nothing to do.
    public void onSettled(Runnable action) {
        onSettled = action;
    }

    /// From now on the request only waits for what happens, as a watch does once it has sent what there is; or another
    /// server does the work. By any thread.
    public void settle() {
        onSettled.run();
    }

    /// Adds a note for the audit log; the first one under a key stays.
    public void annotate(String key, String value) {
        annotations.putIfAbsent(key, value);
    }

    /// The notes for the audit log, by key.
    public Map<String, String> annotations() {
        return Collections.unmodifiableMap(annotations);
    }
}
