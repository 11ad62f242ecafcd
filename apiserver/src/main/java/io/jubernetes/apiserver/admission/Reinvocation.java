package io.jubernetes.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the plugins that change an object on somebody else's behalf remember of one request: plugins
/// before them must look again at an object that was changed behind their back. There are at most two
/// rounds. Used by one thread at a time.
public final class Reinvocation {
    private boolean wanted;
    private boolean again;
    private final Map<String, Track> tracks = new HashMap<>();

    /// Asks for a second round.
    public void want() {
        wanted = true;
    }

    /// Whether this is the second round.
    public boolean isAgain() {
        return again;
    }

    /// Begins the second round when somebody has asked for it.
    boolean begin() {
        again = wanted;
        return wanted;
    }

    /// The memory of one plugin.
    public Track track(String plugin) {
        return tracks.computeIfAbsent(plugin, _ -> new Track());
    }

    /// Which of a plugin's hooks (webhooks or policies) are to be called again.
    public static final class Track {
        private final Set<String> called = new HashSet<>();
        private final Set<String> due = new HashSet<>();
        private @Nullable JsonNode output;

        /// Notes that a hook was called that wants to be called again after later changes.
        public void called(String hook) {
            called.add(hook);
        }

        /// An object was changed: all hooks called so far are due.
        public void changed() {
            due.addAll(called);
            called.clear();
        }

        /// Whether a hook is due in the second round.
        public boolean isDue(String hook) {
            return due.contains(hook);
        }

        /// Whether others have changed the object since [#leave].
        public boolean isChanged(@Nullable JsonNode object) {
            return output == null || !output.equals(object);
        }

        /// Notes how the plugin has left the object.
        public void leave(@Nullable JsonNode object) {
            output = object == null ? null : object.deepCopy();
        }
    }
}
