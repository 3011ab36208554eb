-- Finds keys by their public ids, in the order asked: who calls, whether it may now, and the catalog's version. A function, since
-- planning this anew for each batch of callers costs several times what running it does.
CREATE FUNCTION find_keys_v1(asked jsonb)
RETURNS TABLE (key_id integer, hmac bytea, consumer_id integer, root_id integer, may_come boolean, usable boolean, grants jsonb, catalog_version bigint)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT found.key_id, found.hmac, found.consumer_id, found.root_id, found.may_come, found.usable, found.grants, catalog.version
    FROM ROWS FROM (jsonb_to_recordset(asked) AS ("publicId" text, address inet)) WITH ORDINALITY AS shown (public_id, address, position)
   CROSS JOIN catalog
    LEFT JOIN LATERAL (
      SELECT k.id AS key_id, t.hmac, c.id AS consumer_id, c.root_id,
             k.cidrs IS NULL OR coalesce(shown.address <<= ANY (k.cidrs::inet[]), false) AS may_come,
             k.status = 'active' AND coalesce(k.expires_at > now(), true) AND path.active AS usable,
             CASE WHEN k.models IS NULL THEN path.grants ELSE path.grants || jsonb_build_array(to_jsonb(k.models)) END AS grants
        FROM key_tokens t
        JOIN keys k ON k.id = t.key_id
        JOIN consumers c ON c.id = k.consumer_id
       CROSS JOIN LATERAL (
         SELECT bool_and(a.status = 'active') AS active,
                coalesce(jsonb_agg(to_jsonb(a.models)) FILTER (WHERE a.models IS NOT NULL), '[]') AS grants
           FROM consumers a
          WHERE a.id = ANY (c.path)
       ) path
       WHERE t.public_id = shown.public_id AND coalesce(t.valid_until > now(), true)
    ) found ON true
   ORDER BY shown.position;
END $$;
