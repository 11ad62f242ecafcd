package io.jubernetes.serviceproxy.ingress;

import io.jubernetes.serviceproxy.rules.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// Gives each endpoint of a backend a place among HAProxy's servers, with some to spare: as long as there is room, an
/// endpoint comes or goes without HAProxy being started anew. An endpoint that stays keeps its place. Pure.
final class ServerPlaces {
    private static final int FEWEST = 4;

    private ServerPlaces() {}

    /// The places for a plan.
    ///
    /// @param before those in use
    static Map<String, List<Optional<Target>>> of(
            Map<String, List<Target>> backends, Map<String, List<Optional<Target>>> before) {
        Map<String, List<Optional<Target>>> places = new TreeMap<>();
        backends.forEach((name, targets) -> places.put(name, of(targets, before.getOrDefault(name, List.of()))));
        return places;
    }

    private static List<Optional<Target>> of(List<Target> targets, List<Optional<Target>> before) {
        Set<Target> homeless = new HashSet<>(targets);
        var places = new ArrayList<Optional<Target>>();
        for (Optional<Target> place : before) {
            boolean stays = place.isPresent() && homeless.remove(place.get());
            places.add(stays ? place : Optional.empty());
        }
        while (places.size() < FEWEST || homeless.size() > free(places)) {
            places.addAll(java.util.Collections.nCopies(Math.max(FEWEST, places.size()), Optional.empty()));
        }
        var rest = homeless.stream().sorted().iterator();
        for (int i = 0; i < places.size() && rest.hasNext(); i++) {
            if (places.get(i).isEmpty()) {
                places.set(i, Optional.of(rest.next()));
            }
        }
        return List.copyOf(places);
    }

    private static long free(List<Optional<Target>> places) {
        return places.stream().filter(Optional::isEmpty).count();
    }

    /// What HAProxy has to be told while it runs.
    ///
    /// @param before the places it knows; the same backends with the same numbers of places
    static List<String> commands(
            Map<String, List<Optional<Target>>> before, Map<String, List<Optional<Target>>> after) {
        var commands = new ArrayList<String>();
        after.forEach((backend, places) -> {
            List<Optional<Target>> old = before.getOrDefault(backend, List.of());
            for (int i = 0; i < places.size(); i++) {
                if (!places.get(i).equals(old.get(i))) {
                    String server = backend + "/" + HaproxyFiles.server(i);
                    places.get(i)
                            .ifPresent(target -> commands.add(
                                    "set server " + server + " addr " + target.address() + " port " + target.port()));
                    commands.add(
                            "set server " + server + " state " + (places.get(i).isPresent() ? "ready" : "maint"));
                }
            }
        });
        return commands;
    }
}
