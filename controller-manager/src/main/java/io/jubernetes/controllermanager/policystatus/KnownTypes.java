package io.jubernetes.controllermanager.policystatus;

import io.jubernetes.common.cel.CelShape;
import java.util.List;
import java.util.Optional;

/// What the type checker must know of an API.
interface KnownTypes {
    /// A kind in one version.
    record Kind(String group, String version, String kind) {
        /// Such as `apps/v1, Kind=Deployment`.
        @Override
        public String toString() {
            return group + "/" + version + ", Kind=" + kind;
        }
    }

    /// The kinds that a resource's objects have; several when the resource's name is that of several.
    List<Kind> kindsOf(String group, String version, String resource);

    /// The type of a kind's objects; empty when it is not known.
    Optional<CelShape> shapeOf(Kind kind);
}
